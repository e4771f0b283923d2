// The example of the README runs, with the addresses of a cluster that is there.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { testCluster } from '../../../test/support/replica-cluster.js';

const cluster = testCluster();
const HOME = dirname(dirname(fileURLToPath(import.meta.url)));

test.skipIf(cluster.isMissing)('the example of the README ships, reads and restores', async () => {
  const { monitors } = await cluster.get();
  const [, example = ''] = /^```mjs\n(.*?)^```$/ms.exec(readFileSync(join(HOME, 'README.md'), 'utf8')) ?? [];
  const program = example
    .replace(/^const url = .*$/m, `const url = '${await cluster.url()}';`)
    .replace(/^const monitor = .*$/m, `const monitor = ${JSON.stringify(monitors)};`);
  // Inside the package, so that it finds the others as an application does.
  const directory = mkdtempSync(join(HOME, 'test', '.example-'));
  try {
    const args = ['--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: directory });
    expect(stdout).toBe('{ entries: 0n, tables: 0 }\norders 1n\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PNPM } from '../scripts/lib/install.mjs';
import { HANG_MS } from './support/patience.js';

const engine = fileURLToPath(new URL('../packages/engine', import.meta.url));
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

let app: string;

beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'shale-app-'));
});

afterAll(() => {
  rmSync(app, { recursive: true, force: true });
});

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: app,
    encoding: 'utf8',
    timeout: HANG_MS,
  });
  expect({ status, error, stderr }).toMatchObject({ status: 0, error: undefined });
  return stdout;
}

test('an empty application takes @shale/engine from a checkout, as the README says', () => {
  expect(readme).toContain('\nnpm install /path/to/shale/packages/engine ');
  // Which the README names, so that what is packed is what is tested.
  expect(readme).toContain(`npx -y ${PNPM} pack`);
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
  // Nothing has to be fetched for it.
  run('npm', 'install', '--offline', '--no-audit', '--no-fund', engine);
  mkdirSync(join(app, 'src'));
  writeFileSync(
    join(app, 'src', 'main.js'),
    `import { openWal } from '@shale/engine';
     import { listBackups } from '@shale/engine/admin';
     const wal = await openWal('./data');
     console.log(String(await wal.table('events').append(Buffer.from('one'))), typeof listBackups);
     await wal.close();`,
  );
  expect(run(process.execPath, 'src/main.js')).toBe('1 function\n');
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application } from './application.js';

/** A test of the application, as its runner wants it. */
function source(open: string, expectSame: (a: string, b: string) => string): string {
  return `${open}
test('what is appended is read, and what is wrong is refused', async () => {
  const wal = await openWal(mkdtempSync(join(tmpdir(), 'shale-runner-')), { shards: 1 });
  const table = wal.table('t');
  ${expectSame('await table.append(new Uint8Array([1, 2]))', '1n')};
  await table.append(new ArrayBuffer(2));
  const entries = [];
  for await (const { payload } of table.read()) entries.push([...payload]);
  ${expectSame('JSON.stringify(entries)', "'[[1,2],[0,0]]'")};
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  ${expectSame("await table.append('text').catch((error) => error.code)", "'SHALE_PAYLOAD'")};
  ${expectSame("await table.append(Buffer.from('x'), { signal: stop.signal }).catch((error) => error.message)", "'enough'")};
  await wal.close();
});
`;
}

const IMPORTS = `import { openWal } from '@shale/engine';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';`;
const REQUIRES = `const { openWal } = require('@shale/engine');
const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');`;
const jestLike = (a: string, b: string) => `expect(${a}).toBe(${b})`;
const nodeLike = (a: string, b: string) => `assert.equal(${a}, ${b})`;

const application = new Application();

beforeAll(async () => {
  await application.install('npm', 'vitest@3.2.7', 'jest@30.5.2');
  application.write(
    'vitest/a.test.mjs',
    source(`${IMPORTS}\nimport { expect, test } from 'vitest';`, jestLike),
  );
  application.write('jest/a.jest.mjs', source(IMPORTS, jestLike));
  application.write('jest/b.jest.cjs', source(REQUIRES, jestLike));
  application.write(
    'node/a.test.mjs',
    source(`${IMPORTS}\nimport test from 'node:test';\nimport assert from 'node:assert';`, nodeLike),
  );
  application.write(
    'node/b.test.cjs',
    source(
      `${REQUIRES}\nconst test = require('node:test');\nconst assert = require('node:assert');`,
      nodeLike,
    ),
  );
});

afterAll(() => application.remove());

test.each(['threads', 'forks', 'vmThreads'])('vitest in %s', async (pool) => {
  expect(await application.tool('vitest', 'run', `--pool=${pool}`, 'vitest/a.test.mjs')).toContain(
    '1 passed',
  );
});

test('Jest, in CommonJS', async () => {
  await application.tool('jest', '--testMatch', '**/b.jest.cjs');
});

test('Jest, in ES modules', async () => {
  const jest = 'node_modules/jest/bin/jest.js';
  await application.run(process.execPath, '--experimental-vm-modules', jest, '--testMatch', '**/a.jest.mjs');
});

test('node:test, in processes and in one', async () => {
  const files = ['node/a.test.mjs', 'node/b.test.cjs'];
  expect(await application.run(process.execPath, '--test', ...files)).toMatch(/pass 2/);
  for (const file of files) await application.run(process.execPath, file);
});

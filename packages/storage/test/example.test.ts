import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { directory } from './support.js';

test('the example without threads runs and says what it did', async () => {
  const script = fileURLToPath(new URL('../examples/no-threads.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, await directory()]);
  expect(stdout.trim().split('\n')).toEqual([
    'appended 1..3',
    '2: two',
    '3: three',
    '4: four',
    'begins at 4, the next entry gets 5',
    'verified 2 entries, 0 errors',
  ]);
});

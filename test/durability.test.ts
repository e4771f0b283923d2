// docs/durability.md is the promise: each sentence of its tables names the tests that attack it.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const page = fileURLToPath(new URL('../docs/durability.md', import.meta.url));
const rows = readFileSync(page, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('.test.ts)'))
  .map((line) => line.split(' | '));

test('every sentence of the promise names a test that there is', () => {
  expect(rows.length).toBeGreaterThan(15);
  for (const [promise = '', tests = ''] of rows) {
    const named = [...tests.matchAll(/\[(.+?)\]\((.+?\.test\.ts)\)/g)];
    expect(named.length, promise).toBeGreaterThan(0);
    for (const [, title = '', link = ''] of named) {
      const file = join(dirname(page), link);
      expect(existsSync(file), `${promise} ${link}`).toBe(true);
      expect(readFileSync(file, 'utf8').includes(title), `${link} has no test '${title}'`).toBe(true);
    }
  }
});

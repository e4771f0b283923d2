// The mutants of `npm run mutants` are run by hand and seldom: each has to fit the code of today all the same.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MUTANTS } from './mutants.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

test('every mutant has a name of its own', () => {
  const names = MUTANTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test.each(MUTANTS)(
  'what the mutant $name replaces is there once, and so are its tests',
  ({ edits, killers }) => {
    const texts = new Map<string, string>();
    for (const { file, from, to } of edits) {
      const text = texts.get(file) ?? readFileSync(join(root, file), 'utf8');
      expect(text.split(from).length - 1, `${file}: ${from}`).toBe(1);
      texts.set(
        file,
        text.replace(from, () => to),
      );
    }
    expect(killers.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  },
);

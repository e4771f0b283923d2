import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));

/** The sources of the packages that an application meets. */
function sources(): string[] {
  return ['codec', 'storage', 'engine'].flatMap((name) =>
    readdirSync(`${packages}${name}/src`, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${packages}${name}/src/${file}`),
  );
}

test('what is wrong with an argument is said in one form: must be …, got …', () => {
  const other = /['"`][^'"`\n]*\b(?:must be|takes|goes to) [^'"`\n]*, (?:and|but) (?:is|are|got) /;
  const found = sources().filter((file) => other.test(readFileSync(file, 'utf8')));
  expect(found).toEqual([]);
});

// Inside a package, imports between folders go one way, as they do between packages. Files right in `src` stand by
// themselves. Biome holds that files form no circle.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const IMPORT = /(?:from|import\()\s*'(\.{1,2}\/[^']+)\.js'/g;

/** For each folder, and each file outside of folders, those that it imports from. */
function importsOf(place: string): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  const nodeOf = (file: string): string => {
    const inside = relative(place, file);
    return dirname(inside) === '.' ? inside : dirname(inside);
  };
  for (const name of readdirSync(place, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const file = join(place, name);
    const from = nodeOf(file);
    const targets = all.get(from) ?? new Set<string>();
    all.set(from, targets);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const target = join(dirname(file), `${path}.ts`);
      if (target.startsWith(place) && nodeOf(target) !== from) targets.add(nodeOf(target));
    }
  }
  return all;
}

/**
 * What is left when whatever imports nothing that is left goes, again and again: the circles, and what leads to them.
 */
function circlesOf(imports: Map<string, Set<string>>): Record<string, string[]> {
  for (let before = -1; before !== imports.size; ) {
    before = imports.size;
    for (const [from, targets] of imports) {
      if ([...targets].every((target) => !imports.has(target))) imports.delete(from);
    }
  }
  return Object.fromEntries(
    [...imports].map(([from, targets]) => [from, [...targets].filter((target) => imports.has(target))]),
  );
}

const packages = readdirSync(join(root, 'packages'))
  .map((name) => `packages/${name}/src`)
  .filter((place) => existsSync(join(root, place)));

test.each([...packages, 'benchmarks/src', 'test/attacks', 'test/fuzz'])(
  '%s has no circle of folders',
  (place) => {
    expect(circlesOf(importsOf(join(root, place)))).toEqual({});
  },
);

test('a circle is found', () => {
  const circle = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['a', 'c'])],
    ['c', new Set<string>()],
    ['d', new Set(['c'])],
  ]);
  expect(circlesOf(circle)).toEqual({ a: ['b'], b: ['a'] });
});

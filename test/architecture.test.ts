// docs/architecture.md leads a newcomer through the files: those that it names are there, and no folder is left out.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const text = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');

/** What stands between backticks and is a path. */
function pathsIn(part: string): string[] {
  return [...part.matchAll(/`([\w.-]+(?:\/[\w.-]+)+)`/g)].map(([, path = '']) => path);
}

/** The folders with files in them at a place, as deep as they go, named from the root. */
function foldersOf(place: string): string[] {
  const entries = readdirSync(join(root, place), { withFileTypes: true });
  const deeper = entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => foldersOf(join(place, name)));
  return entries.some((entry) => entry.isFile()) ? [place, ...deeper] : deeper;
}

test.each([...new Set([...pathsIn(text), ...pathsIn(contributing)])])('%s is there', (path) => {
  expect(existsSync(join(root, path))).toBe(true);
});

test('every package, and every folder of engine, storage, codec and binding has its line', () => {
  // A package that has moved away may leave its `dist` behind.
  const packages = readdirSync(join(root, 'packages'))
    .map((name) => join('packages', name))
    .filter((place) => existsSync(join(root, place, 'package.json')));
  const inside = [
    'engine/src',
    'storage/src',
    'storage/conformance',
    'codec/src',
    'rocksdb/src',
    'rocksdb/native',
  ];
  const folders = inside.flatMap((place) => foldersOf(join('packages', place)));
  const rows = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, folder]) => folder);
  for (const folder of [...packages, ...folders]) expect(rows).toContain(folder);
});

describe.each(['An append', 'A read', 'A trim', 'An atomic write', 'An opening'])('%s', (title) => {
  const section = text.split(new RegExp(`^## ${title}.*$`, 'm'))[1]?.split(/^## /m)[0] ?? '';
  const steps = section.split(/^(?=\d+\. )/m).slice(1);

  test('is a list of steps, numbered in order, each with the files that do it', () => {
    expect(steps.length).toBeGreaterThan(4);
    expect(steps.map((step) => Number.parseInt(step, 10))).toEqual(steps.map((_, i) => i + 1));
    for (const step of steps) {
      const files = pathsIn(step).filter((path) => statSync(join(root, path)).isFile());
      expect(files.length, step).toBeGreaterThan(0);
    }
  });
});

test('every command of the package has a line that says how long it takes', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const rows = [...text.matchAll(/^\| `npm (?:run )?([\w:]+)` \|[^|]+\|[^|]+\|$/gm)];
  expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(scripts).sort());
});

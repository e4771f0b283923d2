// `require`: the same modules, and types that say so to TypeScript before 5.8.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inAnotherProcess } from './processes.js';

test.each([
  ['@shale/engine', 'index'],
  ['@shale/engine/admin', 'admin'],
])('require(%o) has what import has, and its types say it', async (name, door) => {
  // Node.js itself, not what loads modules for tests.
  const { output } = await inAnotherProcess(`
    import { createRequire } from 'node:module';
    const required = createRequire(${JSON.stringify(import.meta.url)})(${JSON.stringify(name)});
    const imported = await import(${JSON.stringify(new URL(`../dist/${door}.js`, import.meta.url).href)});
    const names = Object.keys(imported);
    console.log(JSON.stringify({ names, same: names.every((name) => required[name] === imported[name]) }));`);
  const { names, same }: { readonly names: string[]; readonly same: boolean } = JSON.parse(output);
  expect(same).toBe(true);
  const types = readFileSync(new URL(`../commonjs/${door}.d.cts`, import.meta.url), 'utf8');
  const declared = [...types.matchAll(/export declare const (\w+): typeof \w+\.(\w+);/g)];
  expect(declared.map(([, key]) => key).sort()).toEqual(names.sort());
  for (const [, key, of] of declared) expect(of).toBe(key);
});

// The declarations are read by the oldest TypeScript that is promised, which checks them too (`skipLibCheck: false`).
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { APPLICATION } from './typescript-application.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = join(root, 'node_modules', 'typescript-5.4', 'bin', 'tsc');
const places: string[] = [];

afterAll(async () => {
  for (const place of places) await rm(place, { recursive: true, force: true });
});

/** What the compiler says of the application as modules of both kinds. */
async function complaints(module: string, moduleResolution: string): Promise<string> {
  // Inside this package, which finds Shale's as an application does.
  const place = await mkdtemp(join(root, 'test', '.types-'));
  places.push(place);
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    isolatedModules: true,
    target: 'ES2022',
    types: ['node'],
    noEmit: true,
    module,
    moduleResolution,
  };
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*'] }));
  for (const kind of ['mts', 'cts']) await writeFile(join(place, `application.${kind}`), APPLICATION);
  const { stdout } = await run(process.execPath, [compiler, '-p', place]).catch(
    (error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? String(error) }),
  );
  return stdout;
}

test.each([
  ['NodeNext', 'NodeNext'],
  ['ESNext', 'Bundler'],
])(
  'TypeScript 5.4 takes an application with module %s and moduleResolution %s',
  async (module, resolution) => {
    expect(await complaints(module, resolution)).toBe('');
  },
);

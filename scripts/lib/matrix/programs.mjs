import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { root } from '../paths.mjs';
import { SetupError } from '../say.mjs';

/**
 * Makes JavaScript for the oldest Node of the programs that an application runs in the matrix: the conformance suite, the
 * attack kill, and the first example of README.md, as it stands there.
 *
 * @param {string} folder
 */
export async function makePrograms(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [, example] =
    /^## The API by example\n+```(?:js|ts)\n(.*?)^```$/ms.exec(
      readFileSync(join(root, 'README.md'), 'utf8'),
    ) ?? [];
  if (example === undefined) throw new SetupError('README.md has no example below "The API by example"');
  const readme = join(folder, 'readme.ts');
  writeFileSync(readme, example);
  const written = (/** @type {string} */ name) =>
    fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const inputs = { readme, conformance: written('conformance'), kill: written('kill') };
  for (const [name, input] of Object.entries(inputs)) {
    const bundle = await rolldown({
      input,
      external: /^@shale\/|^node:/,
      platform: 'node',
      resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
      transform: { target: 'node20' },
    });
    await bundle.write({ file: join(folder, `${name}.mjs`), format: 'esm', codeSplitting: false });
    await bundle.close();
  }
}

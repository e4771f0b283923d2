import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { root } from '../paths.mjs';
import { SetupError } from '../say.mjs';

/**
 * Makes JavaScript for the oldest Node of the programs that an application runs in the matrix: the conformance suite, and
 * the first example of README.md, as it stands there.
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
  const conformance = fileURLToPath(new URL('programs/conformance.ts', import.meta.url));
  for (const [name, input] of Object.entries({ readme, conformance })) {
    const bundle = await rolldown({
      input,
      external: /^@shale\/|^node:/,
      platform: 'node',
      transform: { target: 'node20' },
    });
    await bundle.write({ file: join(folder, `${name}.mjs`), format: 'esm', codeSplitting: false });
    await bundle.close();
  }
}

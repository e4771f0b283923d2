import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { COMPILED, withSourceMap } from './compiled.mjs';
import { writeIfOther } from './files.mjs';

/** All modules of a package as one file. */
const BUNDLE = 'bundle.js';

/**
 * Makes `dist/bundle.js` of what was compiled of a package, and beside it a module for each of the package's own that takes
 * its exports from there: to load some three hundred files takes an application longer than to open a log.
 *
 * @param {string} folder the package's
 * @param {string[]} programs modules that are no part of it, for they do something when they are loaded
 */
export async function bundleLibrary(folder, programs) {
  const compiled = join(folder, 'dist', COMPILED);
  const modules = readdirSync(compiled, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.js$/.test(file) && isThere(folder, file),
  );
  const apart = new Set(programs.map((file) => join(compiled, file)));
  const made = await rolldown({
    input: Object.fromEntries(modules.map((file) => [file.slice(0, -'.js'.length), join(compiled, file)])),
    platform: 'node',
    external: /^[^./]/,
    plugins: [withSourceMap],
    // No module is imported for what it does at its top.
    treeshake: { moduleSideEffects: false },
    checks: { bundlerTimings: false },
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  const { output } = await made.generate({
    format: 'esm',
    sourcemap: true,
    minifyInternalExports: false,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: { groups: [{ name: 'bundle', test: (id) => !apart.has(id) }] },
    comments: { jsdoc: false },
  });
  await made.close();
  for (const part of output) {
    const isOfBundle = part.fileName === BUNDLE || part.fileName === `${BUNDLE}.map`;
    if (part.type === 'chunk') {
      const code = isOfBundle ? part.code : part.code.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');
      writeIfOther(join(folder, 'dist', part.fileName), code);
    } else if (isOfBundle) writeIfOther(join(folder, 'dist', part.fileName), part.source);
  }
}

/** Whether a module has its source still: the compiler leaves behind what it made of others. @param {string} folder @param {string} file */
function isThere(folder, file) {
  return existsSync(join(folder, 'src', file.replace(/\.js$/, '.ts')));
}

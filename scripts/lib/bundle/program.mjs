// Makes one file of a compiled module and all that it imports, with the licenses of what others wrote.
import { readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { compiledPackages, isForeign, withSourceMap } from './compiled.mjs';
import { read, writeIfOther } from './files.mjs';

/**
 * Throws when something is to be imported that is not named in `external`.
 *
 * @param {{ input: string, target: string, format: 'cjs' | 'esm', external: string[] }} options
 */
export async function bundle({ input, target, format, external }) {
  const made = await rolldown({
    input,
    platform: 'node',
    external,
    plugins: [compiledPackages, withSourceMap],
    // No module is imported for what it does at its top.
    treeshake: { moduleSideEffects: false },
    // On a busy machine the plugin's time is the machine's.
    checks: { bundlerTimings: false },
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  const { output } = await made.generate({
    format,
    exports: 'named',
    strict: true,
    file: target,
    sourcemap: true,
    codeSplitting: false,
    postBanner: ({ modules }) => licenses(Object.keys(modules)),
  });
  await made.close();
  const imports = output.flatMap((part) => (part.type === 'chunk' ? part.imports : []));
  const missing = imports.filter((id) => !isBuiltin(id) && !external.includes(id));
  if (missing.length > 0) throw new Error(`${target} must not need ${missing.join(', ')}`);
  for (const part of output) {
    writeIfOther(join(dirname(target), part.fileName), part.type === 'chunk' ? part.code : part.source);
  }
}

/** The licenses of what is in the file besides Shale: they ask to go with it. @param {string[]} ids */
function licenses(ids) {
  const folders = new Set(
    ids.filter(isForeign).map((id) => /^.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? id),
  );
  return [...folders]
    .map((folder) => {
      const name = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
      if (name === undefined) throw new Error(`${folder} has no license to go with it`);
      return `/*\nContains code of ${JSON.parse(read(join(folder, 'package.json')) ?? '{}').name}:\n\n${read(join(folder, name))}*/`;
    })
    .join('\n');
}

// Makes one file of a compiled module and all that it imports, with the licenses of what others wrote.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

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
    plugins: [{ name: 'source-maps', load: withSourceMap }],
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
  const missing = imports.filter((id) => !id.startsWith('node:') && !external.includes(id));
  if (missing.length > 0) throw new Error(`${target} must not need ${missing.join(', ')}`);
  for (const part of output) {
    writeIfOther(join(dirname(target), part.fileName), part.type === 'chunk' ? part.code : part.source);
  }
}

/**
 * A script for browsers, of a compiled module and what it imports. Throws when something in it is of others.
 *
 * @param {string} input
 */
export async function bundleScript(input) {
  const made = await rolldown({
    input,
    platform: 'browser',
    checks: { bundlerTimings: false },
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  const { output } = await made.generate({ format: 'iife', codeSplitting: false });
  await made.close();
  const [{ code, imports, moduleIds }] = output;
  const foreign = [...imports, ...moduleIds.filter(isForeign)];
  if (foreign.length > 0) throw new Error(`${input} must not need ${foreign.join(', ')}`);
  return code;
}

/**
 * What was compiled from TypeScript, with its map, so that the map of the bundle leads to the TypeScript.
 *
 * @param {string} id
 */
function withSourceMap(id) {
  const map = read(`${id}.map`);
  return map === undefined || isForeign(id) ? null : { code: readFileSync(id, 'utf8'), map };
}

/** @param {string} id */
function isForeign(id) {
  return id.includes('node_modules');
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

/**
 * A rename, and only when something is different: another run of tests may be loading it.
 *
 * @param {string} path
 * @param {string | Uint8Array} content
 */
export function writeIfOther(path, content) {
  if (read(path) === content) return;
  writeFileSync(`${path}.${process.pid}`, content);
  renameSync(`${path}.${process.pid}`, path);
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

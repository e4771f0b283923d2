// Makes dist/worker/thread.cjs, the one file that a shard's thread runs, out of dist/worker/entry.js and what it
// imports. Called after each compilation, and before tests: it takes a fraction of a second.
//
// CommonJS, for then no hook of the application on the loading of ES modules is asked. The addon is not in it (its path
// comes by workerData), nor is Piscina, whose own copy in the thread it has to share.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const target = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'worker', 'thread.cjs');

export async function bundleWorker() {
  const bundle = await rolldown({
    input: join(dirname(target), 'entry.js'),
    platform: 'node',
    external: ['piscina'],
    plugins: [{ name: 'source-maps', load: withSourceMap }],
    // No module is imported for what it does at its top.
    treeshake: { moduleSideEffects: false },
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  const { output } = await bundle.generate({
    format: 'cjs',
    exports: 'named',
    strict: true,
    file: target,
    sourcemap: true,
    codeSplitting: false,
    postBanner: ({ modules }) => licenses(Object.keys(modules)),
  });
  await bundle.close();
  const imports = output.flatMap((part) => (part.type === 'chunk' ? part.imports : []));
  const missing = imports.filter((id) => !id.startsWith('node:') && id !== 'piscina');
  if (missing.length > 0) throw new Error(`the thread of a shard must not need ${missing.join(', ')}`);
  for (const part of output) write(part.fileName, part.type === 'chunk' ? part.code : part.source);
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
 * @param {string} name
 * @param {string | Uint8Array} content
 */
function write(name, content) {
  const path = join(dirname(target), name);
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

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundleWorker();
}

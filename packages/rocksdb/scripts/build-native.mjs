// Builds the addon with the system's C++ compiler against the system's librocksdb. Downloads nothing.
//
//   node scripts/build-native.mjs [--sanitize=address|thread] [--static=folder] [--force] [--quiet]
//
// Output: build/shale_rocksdb.node (build/address/…, build/thread/… with a sanitizer; addon/… in the folder of
// --static, from whose `include` and `lib` RocksDB is linked in). A build that would give the same file again is
// skipped. Environment: CXX (the compiler), ROCKSDB_INCLUDE and ROCKSDB_LIB (folders, when RocksDB is in an unusual
// place).
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  addonSources,
  BuildFailure,
  compileAll,
  digest,
  execute,
  findCompiler,
  findRocksDB,
  findVersion,
  flagsFor,
  missing,
  outputFolder,
  removeOtherObjects,
} from './toolchain.mjs';

const flags = new Set(process.argv.slice(2));
const option = (name) => [...flags].find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);
const sanitizer = option('--sanitize');

function say(text) {
  if (!flags.has('--quiet')) console.log(text);
}

async function build() {
  if (sanitizer !== undefined && sanitizer !== 'address' && sanitizer !== 'thread') {
    throw new BuildFailure(`Unknown sanitizer "${sanitizer}": address or thread.`);
  }
  const compiler = findCompiler();
  const rocksdb = findRocksDB(option('--static'));
  const version = findVersion(compiler, rocksdb);
  const { link } = flagsFor(rocksdb, version, sanitizer);
  const sources = addonSources(compiler, rocksdb, version, sanitizer);
  const folder = outputFolder(sanitizer, rocksdb.linkedIn);
  const output = join(folder, 'shale_rocksdb.node');
  mkdirSync(folder, { recursive: true });
  const unlock = await lock(join(folder, 'lock'));
  try {
    await buildUnlessUpToDate(compiler, version, link, sources, output);
  } finally {
    unlock();
  }
}

/** Lets one build of a folder run at a time; the next then finds it up to date. The file holds the builder's id. */
async function lock(file) {
  for (;;) {
    try {
      writeFileSync(file, `${process.pid}`, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned(file)) rmSync(file, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Whether the builder that made a lock has gone without removing it. */
function isAbandoned(file) {
  try {
    const builder = Number(readFileSync(file, 'utf8'));
    const age = Date.now() - statSync(file).mtimeMs;
    if (builder === 0) return age > 5_000; // made, but not yet written
    process.kill(builder, 0);
    return age > 10 * 60_000;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

async function buildUnlessUpToDate(compiler, version, link, sources, output) {
  const wanted = digest(
    sources.map((source) => source.object),
    link,
  );
  const stamp = `${output}.hash`;
  if (
    !flags.has('--force') &&
    existsSync(output) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === wanted
  ) {
    say(`@shale/rocksdb: the addon is up to date (RocksDB ${version.text})`);
    return;
  }

  say(`@shale/rocksdb: building the addon (RocksDB ${version.text}, ${compiler.version})`);
  if (flags.has('--force')) for (const source of sources) rmSync(source.object, { force: true });
  await compileAll(compiler, sources, say);
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    await execute(compiler, [...sources.map((source) => source.object), ...link, '-o', temporary]);
  } catch (error) {
    if (/(cannot find|not found|unable to find).*-l ?rocksdb|-l ?rocksdb.*not found/.test(error.message)) {
      throw missing('The library librocksdb was not found.');
    }
    throw error;
  }
  // A process that has the old file loaded keeps it; others see the old one or the new one, never half of one.
  renameSync(temporary, output);
  writeFileSync(stamp, wanted);
  removeOtherObjects(sources);
}

try {
  await build();
} catch (error) {
  console.error(error instanceof BuildFailure ? `@shale/rocksdb: ${error.message}` : error);
  process.exitCode = 1;
}

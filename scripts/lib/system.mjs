import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installPackages, onPath } from './apt.mjs';
import { SetupError } from './say.mjs';

/** The oldest RocksDB whose C++ interface the binding uses. */
const OLDEST_ROCKSDB = 7;

const BY_HAND = `Install a C++17 compiler and RocksDB ${OLDEST_ROCKSDB} or newer with its headers, then run this again:
  Debian, Ubuntu   sudo apt-get update && sudo apt-get install -y --no-install-recommends g++ librocksdb-dev
  Fedora, RHEL     sudo dnf install -y gcc-c++ rocksdb-devel
  Alpine           sudo apk add g++ rocksdb-dev
  macOS            xcode-select --install; brew install rocksdb`;

/** Makes sure that the addon can be compiled and linked, installing what is missing where that can be done unasked. */
export async function ensureSystem() {
  const missing = missingParts();
  if (missing.length === 0) return;

  const packages = missing.map((part) => part.debian);
  if (!(await installPackages(packages, BY_HAND))) {
    throw new SetupError(`missing: ${missing.map((part) => part.what).join(', ')}.\n${BY_HAND}`);
  }

  const still = missingParts();
  if (still.length > 0) {
    throw new SetupError(`still missing: ${still.map((part) => part.what).join(', ')}.\n${BY_HAND}`);
  }
}

/** @returns {{ what: string, debian: string }[]} */
function missingParts() {
  const parts = [];
  // The build takes the same variables: CXX may carry arguments, ROCKSDB_INCLUDE and ROCKSDB_LIB are folders.
  const compilers = process.env.CXX ? process.env.CXX.split(' ').slice(0, 1) : ['c++', 'g++', 'clang++'];
  if (!compilers.some(onPath)) parts.push({ what: 'a C++17 compiler', debian: 'g++' });
  if (!hasRocksdb())
    parts.push({ what: `RocksDB ${OLDEST_ROCKSDB} or newer with its headers`, debian: 'librocksdb-dev' });
  return parts;
}

function hasRocksdb() {
  const header = includeDirs()
    .map((dir) => join(dir, 'rocksdb', 'version.h'))
    .find((file) => existsSync(file));
  if (header === undefined)
    return spawnSync('pkg-config', ['--atleast-version', `${OLDEST_ROCKSDB}`, 'rocksdb']).status === 0;
  const major = /#define ROCKSDB_MAJOR (\d+)/.exec(readFileSync(header, 'utf8'))?.[1];
  if (Number(major) < OLDEST_ROCKSDB) return false;
  return libraryDirs().some((dir) =>
    ['so', 'dylib'].some((ext) => existsSync(join(dir, `librocksdb.${ext}`))),
  );
}

/** Where a compiler looks by itself, and where its environment variables send it. */
function includeDirs() {
  return [
    ...list('ROCKSDB_INCLUDE'),
    ...list('CPATH'),
    ...list('CPLUS_INCLUDE_PATH'),
    '/usr/include',
    '/usr/local/include',
    '/opt/homebrew/include',
  ];
}

function libraryDirs() {
  const usr = '/usr/lib';
  // Debian keeps libraries in a directory per architecture: /usr/lib/x86_64-linux-gnu.
  const triplets = existsSync(usr) ? readdirSync(usr).filter((name) => name.includes('-linux-')) : [];
  return [
    ...list('ROCKSDB_LIB'),
    ...list('LIBRARY_PATH'),
    ...triplets.map((name) => join(usr, name)),
    usr,
    '/usr/lib64',
    '/usr/local/lib',
    '/opt/homebrew/lib',
  ];
}

/** @param {string} variable */
function list(variable) {
  return (process.env[variable] ?? '').split(delimiter).filter((dir) => dir !== '');
}

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root as repository } from '../paths.mjs';
import { sourceOf, sources } from './sources.mjs';

/** What a binary is built with, by platform. @type {Record<string, { tools: string, march: string[] }>} */
export const toolchains = {
  'linux-x64-gnu': { tools: '', march: [] },
  'linux-arm64-gnu': { tools: 'aarch64-linux-gnu-', march: ['-march=armv8-a+crc+crypto'] },
};

/** In the root: how CMake builds, and the repository's files for it. */
const RECIPES = '/build/recipes';
const JOBS = 2;

/**
 * Builds RocksDB and what it compresses with as static libraries, in a root, unless the same was built before.
 *
 * @param {import('./root.mjs').Root} root @param {string} platform
 * @returns {Promise<string>} the folder in the root with `include` and `lib`
 */
export async function buildLibraries(root, platform) {
  const prefix = `/build/${platform}/prefix`;
  const stamp = root.at(`/build/${platform}/.built-from`);
  const wanted = fingerprint(platform);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return prefix;
  mkdirSync(root.at(`/build/${platform}/zlib`), { recursive: true });
  root.copy('packages/rocksdb/prebuild', RECIPES);
  const build = new CMake(root, platform, prefix);
  await build.library('lz4', 'build/cmake', {
    LZ4_BUILD_CLI: 'OFF',
    BUILD_SHARED_LIBS: 'OFF',
    BUILD_STATIC_LIBS: 'ON',
  });
  await build.library('libzstd', 'build/cmake', {
    ZSTD_BUILD_PROGRAMS: 'OFF',
    ZSTD_BUILD_SHARED: 'OFF',
    ZSTD_LEGACY_SUPPORT: 'OFF',
    ZSTD_MULTITHREAD_SUPPORT: 'OFF',
  });
  await build.library('snappy', '.', {
    BUILD_SHARED_LIBS: 'OFF',
    SNAPPY_BUILD_TESTS: 'OFF',
    SNAPPY_BUILD_BENCHMARKS: 'OFF',
  });
  await buildZlib(root, platform, prefix);
  await build.library('rocksdb', '.', {
    ROCKSDB_BUILD_SHARED: 'OFF',
    PORTABLE: '1',
    USE_RTTI: '0',
    FAIL_ON_WARNINGS: 'OFF',
    ...Object.fromEntries(['LZ4', 'ZSTD', 'SNAPPY', 'ZLIB'].map((name) => [`WITH_${name}`, '1'])),
    ...Object.fromEntries(
      ['GFLAGS', 'LIBURING', 'TESTS', 'TOOLS', 'CORE_TOOLS', 'BENCHMARK_TOOLS', 'ALL_TESTS', 'JNI'].map(
        (name) => [`WITH_${name}`, '0'],
      ),
    ),
    CMAKE_PROJECT_rocksdb_INCLUDE: `${RECIPES}/rocksdb.cmake`,
  });
  await addChecksum(root, platform, prefix);
  writeFileSync(stamp, wanted);
  return prefix;
}

/** All that decides what the libraries are. @param {string} platform */
function fingerprint(platform) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([platform, toolchains[platform], sources]));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  for (const name of ['crc32c.cc', 'rocksdb.cmake', 'linux-arm64-gnu.cmake']) {
    hash.update(readFileSync(join(repository, 'packages', 'rocksdb', 'prebuild', name)));
  }
  return hash.digest('hex');
}

/** The compiler's flags for everything. Nothing of it is seen from outside the addon; the linker optimizes it as one. */
const FLAGS = ['-fPIC', '-fvisibility=hidden', '-flto'];

/** @param {string} platform @param {string} tool such as `gcc` */
export function toolOf(platform, tool) {
  return `/usr/bin/${toolchains[platform]?.tools}${tool}`;
}

class CMake {
  #root;
  #platform;
  #prefix;

  /** @param {import('./root.mjs').Root} root @param {string} platform @param {string} prefix */
  constructor(root, platform, prefix) {
    this.#root = root;
    this.#platform = platform;
    this.#prefix = prefix;
  }

  /** @param {string} name @param {string} folder of its CMakeLists.txt @param {Record<string, string>} settings */
  async library(name, folder, settings) {
    const description = `${RECIPES}/${this.#platform}.cmake`;
    const build = `/build/${this.#platform}/${name}`;
    const all = {
      CMAKE_BUILD_TYPE: 'Release',
      CMAKE_C_FLAGS_RELEASE: '-O2 -DNDEBUG',
      CMAKE_CXX_FLAGS_RELEASE: '-O2 -DNDEBUG',
      CMAKE_C_FLAGS: FLAGS.join(' '),
      CMAKE_CXX_FLAGS: [...FLAGS, '-fvisibility-inlines-hidden'].join(' '),
      CMAKE_C_COMPILER: toolOf(this.#platform, 'gcc'),
      CMAKE_CXX_COMPILER: toolOf(this.#platform, 'g++'),
      CMAKE_AR: toolOf(this.#platform, 'gcc-ar'),
      CMAKE_RANLIB: toolOf(this.#platform, 'gcc-ranlib'),
      CMAKE_PREFIX_PATH: this.#prefix,
      CMAKE_INSTALL_PREFIX: this.#prefix,
      CMAKE_INSTALL_LIBDIR: 'lib',
      ...(existsSync(this.#root.at(description)) ? { CMAKE_TOOLCHAIN_FILE: description } : {}),
      ...settings,
    };
    const definitions = Object.entries(all).map(([key, value]) => `-D${key}=${value}`);
    const source = `${sourceOf(name)}/${folder}`;
    await this.#root.run(`configuring ${name}`, ['cmake', '-S', source, '-B', build, ...definitions]);
    // RocksDB's recipe uses ccache where it is.
    const env = { CCACHE_DIR: '/build/ccache' };
    await this.#root.run(`compiling ${name}`, ['cmake', '--build', build, `-j${JOBS}`], { env });
    await this.#root.run(`installing ${name}`, ['cmake', '--install', build]);
  }
}

/** Debian's sources of zlib lack a file that its CMakeLists.txt names. @param {import('./root.mjs').Root} root @param {string} platform @param {string} prefix */
async function buildZlib(root, platform, prefix) {
  const cwd = `/build/${platform}/zlib`;
  const env = {
    CC: toolOf(platform, 'gcc'),
    AR: toolOf(platform, 'gcc-ar'),
    RANLIB: toolOf(platform, 'gcc-ranlib'),
    CFLAGS: ['-O2', ...FLAGS].join(' '),
  };
  const configure = [`${sourceOf('zlib')}/configure`, '--static', `--prefix=${prefix}`];
  await root.run('configuring zlib', configure, { cwd, env });
  await root.run('compiling zlib', ['make', `-j${JOBS}`, 'libz.a'], { cwd, env });
  await root.run('installing zlib', ['make', 'install'], { cwd, env });
}

/**
 * Adds the checksum to RocksDB, which was built without. On x86-64 it is compiled for processors with and without the
 * instructions, and prebuild/crc32c.cc chooses. On arm64 RocksDB itself asks the kernel, if it is compiled for the
 * instructions; only that file is, and not by the linker's optimizer, so that they stay in it.
 *
 * @param {import('./root.mjs').Root} root @param {string} platform @param {string} prefix
 */
async function addChecksum(root, platform, prefix) {
  const cwd = sourceOf('rocksdb');
  const defines = ['-DNDEBUG', '-DOS_LINUX', '-DROCKSDB_PLATFORM_POSIX', '-DROCKSDB_LIB_IO_POSIX'];
  if (platform === 'linux-arm64-gnu') defines.push('-DROCKSDB_AUXV_GETAUXVAL_PRESENT');
  const flags = [
    '-std=c++17',
    '-O2',
    '-fPIC',
    '-fvisibility=hidden',
    '-fno-rtti',
    '-I.',
    '-Iinclude',
    ...defines,
  ];
  const march = toolchains[platform]?.march ?? [];
  const folder = `/build/${platform}/checksum`;
  mkdirSync(root.at(folder), { recursive: true });
  /** @type {[source: string, object: string, options: string[]][]} */
  const parts =
    platform === 'linux-x64-gnu'
      ? [
          [`${RECIPES}/crc32c.cc`, 'choice.o', []],
          ['util/crc32c.cc', 'any.o', ['-DROCKSDB_NAMESPACE=rocksdb_any']],
          ['util/crc32c.cc', 'sse42.o', ['-DROCKSDB_NAMESPACE=rocksdb_sse42', '-msse4.2', '-mpclmul']],
        ]
      : [
          ['util/crc32c.cc', 'crc32c.o', march],
          ['util/crc32c_arm64.cc', 'arm64.o', march],
        ];
  for (const [source, object, options] of parts) {
    const command = [
      toolOf(platform, 'g++'),
      ...flags,
      ...options,
      '-c',
      source,
      '-o',
      `${folder}/${object}`,
    ];
    await root.run('compiling the checksum', command, { cwd });
  }
  const objects = parts.map(([, object]) => `${folder}/${object}`);
  await root.run('adding the checksum', [
    toolOf(platform, 'gcc-ar'),
    'rs',
    `${prefix}/lib/librocksdb.a`,
    ...objects,
  ]);
}

// The system's C++ compiler and the system's librocksdb, and how the addon is compiled with them.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The addon's sources, in a folder for each floor; they include one another as "floor/file.h". */
export const sourceFolder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'native');

/** Something that the person who builds can put right; the message says how. */
export class BuildFailure extends Error {}

function run(command, args, input) {
  return spawnSync(command, args, { encoding: 'utf8', input });
}

/** The command that installs what is missing, for the package manager that is here. */
function installCommand() {
  const managers = [
    ['apt-get', 'sudo apt-get install g++ librocksdb-dev'],
    ['dnf', 'sudo dnf install gcc-c++ rocksdb-devel'],
    ['apk', 'sudo apk add g++ rocksdb-dev'],
    ['pacman', 'sudo pacman -S gcc rocksdb'],
    ['brew', 'xcode-select --install; brew install rocksdb'],
  ];
  const found = managers.filter(([name]) => run(name, ['--version']).status === 0);
  return (found.length > 0 ? found : managers).map(([, command]) => `    ${command}`).join('\n');
}

export function missing(what) {
  return new BuildFailure(
    `${what}\n@shale/rocksdb needs a C++ compiler and RocksDB 7 or later. To install them:\n${installCommand()}`,
  );
}

export function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  for (const candidate of candidates) {
    const [command, ...args] = candidate.split(' ').filter(Boolean);
    const version = run(command, [...args, '--version']);
    if (version.status === 0) return { command, args, version: version.stdout.split('\n')[0] };
  }
  throw missing(`No C++ compiler found (tried ${candidates.join(', ')}).`);
}

/**
 * Where RocksDB is: linked in from a folder with `include` and `lib`, when one is given; else from the environment, from
 * pkg-config, from Homebrew, or where the compiler looks.
 */
export function findRocksDB(linkedIn) {
  if (linkedIn !== undefined) return rocksdbLinkedIn(linkedIn);
  const { ROCKSDB_INCLUDE, ROCKSDB_LIB } = process.env;
  if (ROCKSDB_INCLUDE || ROCKSDB_LIB) {
    return {
      compile: ROCKSDB_INCLUDE ? [`-I${ROCKSDB_INCLUDE}`] : [],
      link: [...(ROCKSDB_LIB ? [`-L${ROCKSDB_LIB}`, `-Wl,-rpath,${ROCKSDB_LIB}`] : []), '-lrocksdb'],
    };
  }
  const words = (text) => text.trim().split(/\s+/).filter(Boolean);
  const compile = run('pkg-config', ['--cflags-only-I', 'rocksdb']);
  const link = run('pkg-config', ['--libs-only-L', 'rocksdb']);
  if (compile.status === 0 && link.status === 0) {
    return { compile: words(compile.stdout), link: [...words(link.stdout), '-lrocksdb'] };
  }
  const brew = process.platform === 'darwin' ? run('brew', ['--prefix', 'rocksdb']) : { status: 1 };
  if (brew.status === 0) {
    const prefix = brew.stdout.trim();
    return { compile: [`-I${prefix}/include`], link: [`-L${prefix}/lib`, '-lrocksdb'] };
  }
  return { compile: [], link: ['-lrocksdb'] };
}

/**
 * RocksDB, the libraries that it compresses with and the C++ library inside the addon, of which nothing is seen from
 * outside but what Node calls. All are optimized together at the end.
 */
function rocksdbLinkedIn(folder) {
  return {
    linkedIn: folder,
    compile: [`-isystem${join(folder, 'include')}`, '-DSHALE_STATIC_ROCKSDB', '-flto'],
    link: [
      ...['-O2', '-flto=auto', '-static-libstdc++', '-static-libgcc', '-pthread', '-Wl,--strip-all'],
      `-Wl,--version-script=${join(dirname(sourceFolder), 'prebuild', 'exports.map')}`,
      ...['rocksdb', 'lz4', 'zstd', 'snappy', 'z'].map((name) => join(folder, 'lib', `lib${name}.a`)),
      ...['-ldl', '-lm'],
    ],
  };
}

export function findVersion(compiler, rocksdb) {
  const probe = '#include <rocksdb/version.h>\nSHALE_VERSION ROCKSDB_MAJOR ROCKSDB_MINOR ROCKSDB_PATCH\n';
  const args = [...compiler.args, ...rocksdb.compile, '-E', '-P', '-x', 'c++', '-'];
  const [, major, minor, patch] =
    /SHALE_VERSION (\d+) (\d+) (\d+)/.exec(run(compiler.command, args, probe).stdout) ?? [];
  if (major === undefined) throw missing('The headers of RocksDB were not found (rocksdb/version.h).');
  const version = { major: Number(major), minor: Number(minor), text: `${major}.${minor}.${patch}` };
  if (version.major < 7) throw missing(`RocksDB ${version.text} is too old.`);
  return version;
}

/** Of the addon; a sanitizer is 'address', 'thread' or undefined. */
export function flagsFor(rocksdb, version, sanitizer) {
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const modern = version.major > 10 || (version.major === 10 && version.minor >= 7);
  const compile = [
    `-std=${modern ? 'c++20' : 'c++17'}`,
    ...(sanitizer ? ['-O1', '-g', '-fno-omit-frame-pointer', `-fsanitize=${sanitizer}`] : ['-O2']),
    '-fPIC',
    '-fvisibility=hidden',
    // RocksDB may have been built without run-time type information; deriving from its classes must not ask for it.
    '-fno-rtti',
    '-Wall',
    '-Wextra',
    '-DNDEBUG',
    '-DNAPI_VERSION=8',
    '-DNODE_GYP_MODULE_NAME=shale_rocksdb',
    `-I${sourceFolder}`,
    `-isystem${headers}`,
    ...rocksdb.compile,
  ];
  const link = [
    ...(process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup']
      : // A worker that ends must never unload RocksDB under the threads that it has started.
        ['-shared', '-Wl,-z,nodelete', '-Wl,-z,relro', '-Wl,-z,now']),
    ...(sanitizer ? [`-fsanitize=${sanitizer}`] : []),
    ...rocksdb.link,
  ];
  return { compile, link };
}

/** Runs the compiler or the linker and gives what it says; a BuildFailure if it fails. */
export function execute(compiler, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(compiler.command, [...compiler.args, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new BuildFailure(output));
    });
  });
}

/** The addon's sources as compileAll() takes them, each with its `floor`; the objects are in a folder for each sanitizer. */
export function addonSources(compiler, rocksdb, version, sanitizer) {
  const { compile: flags } = flagsFor(rocksdb, version, sanitizer);
  const headers = filesIn(sourceFolder, '.h').map((path) => readFileSync(path, 'utf8'));
  const common = digest(compiler.command, compiler.args, compiler.version, version.text, flags, headers);
  return filesIn(sourceFolder, '.cc').map((path) => {
    const name = basename(path);
    const hash = digest(common, readFileSync(path, 'utf8')).slice(0, 16);
    const object = join(outputFolder(sanitizer, rocksdb.linkedIn), 'objects', `${name}.${hash}.o`);
    return { name, floor: basename(dirname(path)), path, flags, object };
  });
}

/** Where the addon is built to, and the folder of its objects: beside the RocksDB that is linked into it, if one is. */
export function outputFolder(sanitizer, linkedIn) {
  return linkedIn === undefined
    ? join(dirname(sourceFolder), 'build', sanitizer ?? '')
    : join(linkedIn, 'addon');
}

/** The paths of the files in a folder and those below whose names end so, in order. */
export function filesIn(folder, ending) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => join(folder, name));
}

/** What tells one build from another: a hash of all that went into it. */
export const digest = (...parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** Compiles each of `{ name, path, flags, object }` whose object is not there yet; `say` gets the compiler's warnings. */
export async function compileAll(compiler, sources, say) {
  const waiting = sources.filter((source) => !existsSync(source.object));
  const lane = async () => {
    for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
      mkdirSync(dirname(source.object), { recursive: true });
      const temporary = `${source.object}.${process.pid}.tmp`;
      const output = await execute(compiler, [...source.flags, '-c', source.path, '-o', temporary]);
      if (output) say(output);
      renameSync(temporary, source.object);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, lane));
}

/** Removes the objects of earlier states beside those of these sources. */
export function removeOtherObjects(sources) {
  const current = new Set(sources.map((source) => source.object));
  for (const folder of new Set(sources.map((source) => dirname(source.object)))) {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.endsWith('.o') && !current.has(path)) rmSync(path, { force: true });
    }
  }
}

// Builds the addon with the system's C++ compiler against the system's librocksdb. Downloads nothing.
//
//   node scripts/build-native.mjs [--sanitize=address|thread] [--force] [--quiet] [--install]
//
// Output: build/shale_rocksdb.node (build/address/…, build/thread/… with a sanitizer). A build that would give the
// same file again is skipped. Environment: CXX (the compiler), ROCKSDB_INCLUDE and ROCKSDB_LIB (folders, when RocksDB is in
// an unusual place). --install is what npm runs: it does nothing inside Shale's own repository, whose set-up builds.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sourceFolder = join(root, 'native');
const flags = new Set(process.argv.slice(2));
const sanitizer = [...flags].find((flag) => flag.startsWith('--sanitize='))?.slice('--sanitize='.length);

class BuildFailure extends Error {}

function say(text) {
  if (!flags.has('--quiet')) console.log(text);
}

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

function missing(what) {
  return new BuildFailure(
    `${what}\n@shale/rocksdb needs a C++ compiler and RocksDB 7 or later. To install them:\n${installCommand()}`,
  );
}

function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  for (const candidate of candidates) {
    const [command, ...args] = candidate.split(' ').filter(Boolean);
    const version = run(command, [...args, '--version']);
    if (version.status === 0) return { command, args, version: version.stdout.split('\n')[0] };
  }
  throw missing(`No C++ compiler found (tried ${candidates.join(', ')}).`);
}

/** Where RocksDB is: from the environment, else from pkg-config, else from Homebrew, else where the compiler looks. */
function findRocksDB() {
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

function findVersion(compiler, rocksdb) {
  const probe = '#include <rocksdb/version.h>\nSHALE_VERSION ROCKSDB_MAJOR ROCKSDB_MINOR ROCKSDB_PATCH\n';
  const args = [...compiler.args, ...rocksdb.compile, '-E', '-P', '-x', 'c++', '-'];
  const [, major, minor, patch] =
    /SHALE_VERSION (\d+) (\d+) (\d+)/.exec(run(compiler.command, args, probe).stdout) ?? [];
  if (major === undefined) throw missing('The headers of RocksDB were not found (rocksdb/version.h).');
  const version = { major: Number(major), minor: Number(minor), text: `${major}.${minor}.${patch}` };
  if (version.major < 7) throw missing(`RocksDB ${version.text} is too old.`);
  return version;
}

function flagsFor(rocksdb, version) {
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

const digest = (...parts) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

function execute(compiler, args) {
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

async function compileAll(compiler, sources, objectFolder) {
  const waiting = sources.filter((source) => !existsSync(source.object));
  const lane = async () => {
    for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
      const temporary = join(objectFolder, `${source.name}.${process.pid}.tmp`);
      const output = await execute(compiler, [...source.flags, '-c', source.path, '-o', temporary]);
      if (output) say(output);
      renameSync(temporary, source.object);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, lane));
}

async function build() {
  if (sanitizer !== undefined && sanitizer !== 'address' && sanitizer !== 'thread') {
    throw new BuildFailure(`Unknown sanitizer "${sanitizer}": address or thread.`);
  }
  const compiler = findCompiler();
  const rocksdb = findRocksDB();
  const version = findVersion(compiler, rocksdb);
  const { compile, link } = flagsFor(rocksdb, version);

  const names = readdirSync(sourceFolder).sort();
  const headers = names
    .filter((name) => name.endsWith('.h'))
    .map((name) => readFileSync(join(sourceFolder, name), 'utf8'));
  const common = digest(compiler.command, compiler.args, compiler.version, version.text, compile, headers);
  const outputFolder = sanitizer ? join(root, 'build', sanitizer) : join(root, 'build');
  const objectFolder = join(outputFolder, 'objects');
  const sources = names
    .filter((name) => name.endsWith('.cc'))
    .map((name) => {
      const path = join(sourceFolder, name);
      const hash = digest(common, readFileSync(path, 'utf8'));
      return { name, path, flags: compile, object: join(objectFolder, `${name}.${hash.slice(0, 16)}.o`) };
    });
  const wanted = digest(
    sources.map((source) => source.object),
    link,
  );
  const output = join(outputFolder, 'shale_rocksdb.node');
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
  mkdirSync(objectFolder, { recursive: true });
  if (flags.has('--force')) for (const source of sources) rmSync(source.object, { force: true });
  await compileAll(compiler, sources, objectFolder);
  const temporary = `${output}.${process.pid}.tmp`;
  try {
    await execute(compiler, [...sources.map((source) => source.object), ...link, '-o', temporary]);
  } catch (error) {
    if (/rocksdb/.test(String(error.message)) && /cannot find|not found/.test(error.message)) {
      throw missing('The library librocksdb was not found.');
    }
    throw error;
  }
  // A process that has the old file loaded keeps it; others see the old one or the new one, never half of one.
  renameSync(temporary, output);
  writeFileSync(stamp, wanted);
  const current = new Set(sources.map((source) => source.object));
  for (const name of readdirSync(objectFolder)) {
    if (name.endsWith('.o') && !current.has(join(objectFolder, name)))
      rmSync(join(objectFolder, name), { force: true });
  }
}

const insideRepository = existsSync(join(root, '..', '..', 'pnpm-workspace.yaml'));
if (!(flags.has('--install') && insideRepository)) {
  try {
    await build();
  } catch (error) {
    console.error(error instanceof BuildFailure ? `@shale/rocksdb: ${error.message}` : error);
    process.exitCode = 1;
  }
}

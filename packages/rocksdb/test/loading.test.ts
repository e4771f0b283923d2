import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runChild } from './support/child.js';
import { temporaryFolder } from './support/temporary.js';

const packageFolder = fileURLToPath(new URL('..', import.meta.url));

test('an addon that is named and missing says so, and how to get one', async () => {
  const { output } = await runChild('open-message.mjs', [], {
    env: { SHALE_ROCKSDB_ADDON: '/nowhere/addon.node' },
  });
  expect(output).toMatch(/^ROCKSDB_LIBRARY_MISSING /);
  expect(output).toContain('SHALE_ROCKSDB_ADDON names it): /nowhere/addon.node does not exist');
  expect(output).toContain('build-native.mjs');
  expect(output).not.toContain('loaded at import');
});

test('an addon that does not load says what to install', async () => {
  const addon = join(temporaryFolder(), 'broken.node');
  writeFileSync(addon, 'this is no shared library');
  const { output } = await runChild('open-message.mjs', [], { env: { SHALE_ROCKSDB_ADDON: addon } });
  expect(output).toMatch(/^ROCKSDB_LIBRARY_MISSING /);
  expect(output).toContain('librocksdb-dev');
});

test('an addon of another version of Shale is not used', async () => {
  const addon = join(temporaryFolder(), 'former.cjs');
  writeFileSync(addon, "module.exports = { rocksdbVersion: '9.11.2', initialize() {} };");
  const { output } = await runChild('open-message.mjs', [], { env: { SHALE_ROCKSDB_ADDON: addon } });
  expect(output).toMatch(/^ROCKSDB_LIBRARY_MISSING /);
  expect(output).toContain('it is of another version of Shale; SHALE_ROCKSDB_ADDON names it');
});

/** The package's build files in a folder of their own, so that a test cannot touch the real addon. */
function buildFolder(): string {
  const folder = temporaryFolder();
  cpSync(join(packageFolder, 'scripts'), join(folder, 'scripts'), { recursive: true });
  cpSync(join(packageFolder, 'native'), join(folder, 'native'), { recursive: true });
  cpSync(join(packageFolder, 'package.json'), join(folder, 'package.json'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(
    dirname(fileURLToPath(import.meta.resolve('node-api-headers/package.json'))),
    join(folder, 'node_modules', 'node-api-headers'),
  );
  return folder;
}

function build(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, [join(folder, 'scripts', 'build-native.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

test('without a compiler, the build says what to install', () => {
  const { status, stderr } = build(buildFolder(), [], { CXX: 'no-such-compiler' });
  expect(status).toBe(1);
  expect(stderr).toContain('No C++ compiler found (tried no-such-compiler)');
  expect(stderr).toMatch(/librocksdb-dev|rocksdb-devel|rocksdb/);
});

test('without the headers of RocksDB, the build says what to install', () => {
  const folder = buildFolder();
  // A compiler that looks nowhere but where it is told to.
  const { status, stderr } = build(folder, [], { CXX: 'c++ -nostdinc', ROCKSDB_INCLUDE: '/nowhere' });
  expect(status).toBe(1);
  expect(stderr).toContain('The headers of RocksDB were not found');
});

test('a mistake in the sources fails the build with what the compiler says, and leaves no addon', () => {
  const folder = buildFolder();
  // In every file, so that none takes the time that it takes to compile.
  const names = readdirSync(join(folder, 'native'), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((file) => file.endsWith('.cc'))) {
    writeFileSync(join(folder, 'native', name), 'not C++ at all;');
  }
  const { status, stderr } = build(folder, []);
  expect(status).toBe(1);
  expect(stderr).toContain('not C++ at all');
  expect(() => statSync(join(folder, 'build', 'shale_rocksdb.node'))).toThrow();
});

test('the set-up finds the addon up to date', () => {
  expect(build(packageFolder, []).stdout).toContain('up to date');
});

// Where the addon is loaded from, and what is said when it cannot be.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runChild } from './support/child.js';
import { temporaryFolder } from './support/temporary.js';

const packageFolder = fileURLToPath(new URL('..', import.meta.url));
const builtHere = join(packageFolder, 'build', 'shale_rocksdb.node');
const prebuilt = `@shale/rocksdb-${process.platform}-${process.arch}-gnu`;

/** The package as an application has it installed, with neither binary nor build. */
function installed(): { readonly folder: string; readonly local: string; readonly binary: string } {
  const modules = join(temporaryFolder(), 'node_modules', '@shale');
  const folder = join(modules, 'rocksdb');
  mkdirSync(folder, { recursive: true });
  cpSync(join(packageFolder, 'dist'), join(folder, 'dist'), { recursive: true });
  copyFileSync(join(packageFolder, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(packageFolder, '..', 'codec'), join(modules, 'codec'));
  return {
    folder,
    local: join(folder, 'build', 'shale_rocksdb.node'),
    binary: join(modules, '..', prebuilt, 'shale_rocksdb.node'),
  };
}

/** Puts a file where the local build is, or the package with the binary. */
function put(target: string, addon: string): void {
  const folder = join(target, '..');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ main: './shale_rocksdb.node' }));
  copyFileSync(addon, target);
}

async function inUse(folder: string, preload?: string): Promise<string> {
  const options =
    preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  const { output } = await runChild('addon-in-use.mjs', [join(folder, 'dist', 'index.js')], {
    nodeArguments: options,
  });
  return output.trim();
}

/** Any file of a shared library, made by the compiler. */
function library(folder: string, name: string, source: string, ...options: string[]): string {
  const code = join(folder, `${name}.c`);
  writeFileSync(code, source);
  execFileSync('cc', ['-shared', '-fPIC', '-o', join(folder, name), code, ...options]);
  return join(folder, name);
}

/** A library that needs another one, of which it was linked with a stand-in that is gone. */
function needing(soname: string, version?: string): string {
  const folder = temporaryFolder();
  const script = join(folder, 'versions');
  writeFileSync(script, `${version ?? 'ANY'} { global: *; };`);
  const options = [
    `-Wl,-soname,${soname}`,
    ...(version === undefined ? [] : [`-Wl,--version-script=${script}`]),
  ];
  const standIn = library(folder, soname, 'int stand_in(void) { return 1; }', '-nostdlib', ...options);
  const source = 'int stand_in(void); int needs(void) { return stand_in(); }';
  const made = library(folder, 'needing.node', source, '-nostdlib', standIn);
  rmSync(standIn);
  return made;
}

describe('the addon comes from', () => {
  test('the package of the platform, before a local build', async () => {
    const { folder, local, binary } = installed();
    put(binary, builtHere);
    put(local, builtHere);
    expect(await inUse(folder)).toBe(`prebuilt: ${prebuilt} is installed`);
  });

  test('a local build where the package is not installed', async () => {
    const { folder, local } = installed();
    put(local, builtHere);
    expect(await inUse(folder)).toBe(`local: ${prebuilt} is not installed`);
  });

  test('a local build where the package is there but does not load', async () => {
    const { folder, local, binary } = installed();
    put(binary, needing('libc.so.6', 'GLIBC_9.99'));
    put(local, builtHere);
    expect(await inUse(folder)).toBe(`local: ${prebuilt} could not be loaded`);
  });
});

describe('when there is no addon to load, it is said that', () => {
  test('the package is not installed, and how else to get one', async () => {
    const { folder } = installed();
    const output = await inUse(folder);
    expect(output).toMatch(/^ROCKSDB_LIBRARY_MISSING /);
    expect(output).toContain(`${prebuilt} is not installed, and none was built. Install ${prebuilt}`);
    // Where package managers have really put the package.
    expect(output).toContain(`node ${join(folder, 'scripts', 'build-native.mjs')}`);
    expect(output).not.toContain('but opening says');
  });

  test('librocksdb is missing, which takes its package and no compiler', async () => {
    const { folder, local } = installed();
    put(local, needing('librocksdb.so.99.9'));
    const output = await inUse(folder);
    expect(output).toContain('librocksdb.so.99.9 is not installed');
    expect(output).toContain('librocksdb.so.99.9: cannot open shared object file');
    expect(output).toContain('apt-get install librocksdb99.9 ');
    expect(output).not.toContain('g++');
  });

  test('glibc is too old', async () => {
    const { folder, binary } = installed();
    put(binary, needing('libc.so.6', 'GLIBC_9.99'));
    const output = await inUse(folder);
    expect(output).toContain("it needs GLIBC_9.99, and this system's glibc is older");
    expect(output).toContain('build-native.mjs');
  });

  test('the file is for another processor', async () => {
    const { folder, local } = installed();
    const other = readFileSync(builtHere);
    other.writeUInt16LE(22, 18);
    const file = join(temporaryFolder(), 'other.node');
    writeFileSync(file, other);
    put(local, file);
    expect(await inUse(folder)).toContain(`it was built for s390x, and this Node is for ${process.arch}`);
  });

  test('the file is none that can be loaded', async () => {
    const { folder, local } = installed();
    put(local, join(packageFolder, 'package.json'));
    expect(await inUse(folder)).toContain('the file is no shared library of Linux');
  });

  test.each([
    ['win32', 'x64', 'no binary of it for Windows on x64. Shale does not run on Windows itself'],
    ['darwin', 'arm64', "no binary of it for macOS on arm64. Build the addon against the system's RocksDB"],
    [
      'linux',
      'riscv64',
      "no binary of it for Linux on riscv64. Build the addon against the system's RocksDB",
    ],
  ])('%s on %s has none', async (platform, arch, expected) => {
    const { folder } = installed();
    const pretend = `for (const [name, value] of ${JSON.stringify(Object.entries({ platform, arch }))})
      Object.defineProperty(process, name, { value });`;
    expect(await inUse(folder, pretend)).toContain(expected);
  });

  test('musl has none', async () => {
    const { folder } = installed();
    // As Node's report is on Alpine.
    const pretend = `const { report } = process; const get = report.getReport.bind(report);
      report.getReport = () => { const all = get(); delete all.header.glibcVersionRuntime; return all; };`;
    const output = await inUse(folder, pretend);
    expect(output).toContain('its binaries are for glibc, and this system has musl (Alpine)');
    expect(output).not.toContain('nstall @shale');
    expect(output).toContain('apk add g++ rocksdb-dev');
  });
});

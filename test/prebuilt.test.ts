// What a prebuilt addon may need: nothing but glibc 2.31. The binary itself is looked at where `npm run prebuild` has made
// it; which also looks, before it packs.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kept } from '../scripts/lib/prebuild/kept.mjs';
import { complaintsAboutNeeds, needsOf } from '../scripts/lib/prebuild/needs.mjs';
import { temporary } from './support/temporary.js';

const ADDON = 'shale_rocksdb.node';
const ENTRY = '__attribute__((visibility("default"))) int napi_register_module_v1(void)';

/** A shared library as an addon could be, made by the compiler. */
function made(source: string, ...options: string[]): string {
  const folder = temporary('needs');
  writeFileSync(join(folder, 'addon.c'), source);
  const output = join(folder, ADDON);
  const flags = [
    '-shared',
    '-fPIC',
    '-fvisibility=hidden',
    '-Wl,-z,nodelete',
    join(folder, 'addon.c'),
    '-o',
    output,
  ];
  execFileSync('cc', [...flags, ...options]);
  return output;
}

/** A library to link with, of which the addon asks for a symbol of a version. */
function standIn(soname: string, version: string): string {
  const folder = temporary('stand-in');
  writeFileSync(join(folder, 'library.c'), 'int stand_in(void) { return 1; }');
  writeFileSync(join(folder, 'versions'), `${version} { global: *; };`);
  const output = join(folder, soname);
  const options = ['-shared', '-fPIC', '-nostdlib', `-Wl,-soname,${soname}`];
  const script = `-Wl,--version-script=${join(folder, 'versions')}`;
  execFileSync('cc', [...options, script, join(folder, 'library.c'), '-o', output]);
  return output;
}

const asking = `int stand_in(void); ${ENTRY} { return stand_in(); }`;

describe('what an addon needs', () => {
  it('is nothing to complain about, if it is glibc 2.31', () => {
    const libc = standIn('libc.so.6', 'GLIBC_2.31');
    expect(complaintsAboutNeeds(made(asking, '-nostdlib', libc))).toEqual([]);
  });

  it.each([
    ['a later glibc', 'libc.so.6', 'GLIBC_2.32', ['it needs GLIBC_2.32']],
    ['what only glibc itself may use', 'libc.so.6', 'GLIBC_PRIVATE', ['it needs GLIBC_PRIVATE']],
    ['another library', 'librocksdb.so.9.11', 'ANY_1', ['it needs librocksdb.so.9.11', 'it needs ANY_1']],
    ['a C++ library', 'libstdc++.so.6', 'GLIBCXX_3.4', ['it needs libstdc++.so.6', 'it needs GLIBCXX_3.4']],
  ])('is wrong, if it is %s', (_, soname, version, complaints) => {
    expect(complaintsAboutNeeds(made(asking, '-nostdlib', standIn(soname, version)))).toEqual(complaints);
  });

  it('is wrong, if it is found in a folder of the machine that built it', () => {
    const addon = made(`${ENTRY} { return 1; }`, '-nostdlib', '-Wl,-rpath,/somewhere');
    expect(complaintsAboutNeeds(addon)).toEqual(['it looks for libraries in /somewhere']);
  });
});

describe('what an addon shows', () => {
  it('is wrong, if it is more or less than what Node calls', () => {
    const more = `${ENTRY} { return 1; } __attribute__((visibility("default"))) int ZSTD_compress(void) { return 2; }`;
    expect(complaintsAboutNeeds(made(more, '-nostdlib'))).toEqual(['it shows the symbol ZSTD_compress']);
    expect(complaintsAboutNeeds(made('int nothing(void) { return 1; }', '-nostdlib'))).toEqual([
      'it does not show napi_register_module_v1',
    ]);
  });

  it('is wrong, if it can be unloaded under its threads', () => {
    const folder = temporary('needs');
    const source = join(folder, 'addon.c');
    writeFileSync(source, `${ENTRY} { return 1; }`);
    execFileSync('cc', ['-shared', '-fPIC', '-nostdlib', source, '-o', join(folder, ADDON)]);
    expect(complaintsAboutNeeds(join(folder, ADDON))).toEqual(['it can be unloaded (no -z nodelete)']);
  });

  it('includes librocksdb and the C++ library, where it is built against the system', () => {
    const local = fileURLToPath(new URL(`../packages/rocksdb/build/${ADDON}`, import.meta.url));
    expect(needsOf(local).libraries).toEqual(
      expect.arrayContaining([expect.stringMatching(/^librocksdb\.so/), 'libstdc++.so.6']),
    );
  });
});

it('a binary is not taken whose sources have changed since they were read', () => {
  const folder = temporary('kept');
  const addon = join(folder, 'addon');
  writeFileSync(addon, 'binary');
  const program = `
    const { fingerprint, keep, kept } = await import(process.argv[1]);
    const keepFrom = (from) => {
      keep('linux-x64-gnu', { addon: process.argv[2], licenses: '' }, from);
      return kept('linux-x64-gnu') !== undefined;
    };
    console.log(keepFrom('what they were'), keepFrom(fingerprint()));`;
  const file = new URL('../scripts/lib/prebuild/kept.mjs', import.meta.url).href;
  const env = { ...process.env, SHALE_PREBUILD_CACHE: folder };
  const options = ['--input-type=module', '-e', program, file, addon];
  expect(execFileSync(process.execPath, options, { env, encoding: 'utf8' })).toBe('false true\n');
});

describe.each(['linux-x64-gnu', 'linux-arm64-gnu'])('the binary for %s', (platform) => {
  const prebuilt = kept(platform);

  it.skipIf(prebuilt === undefined)('needs nothing but glibc 2.31', () => {
    expect(complaintsAboutNeeds(prebuilt?.addon ?? '')).toEqual([]);
  });
});

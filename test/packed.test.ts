// What is published: the tarballs that `npm run pack` makes.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryOfFile } from './support/temporary.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = readdirSync(join(root, 'packages'));
const platforms = readdirSync(join(root, 'packages', 'rocksdb', 'platforms'));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly main?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

let folder: string;

beforeAll(() => {
  const packed = temporaryOfFile('packed');
  const options = ['--to', packed, '--local-addon'];
  execFileSync(process.execPath, [join(root, 'scripts', 'pack.mjs'), ...options], { stdio: 'pipe' });
  folder = packed;
});

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly string[];
}

/** The paths in a package's tarball, and what is in one of them. */
function tarball(name: string) {
  const { version } = manifestIn(readFileSync(join(root, 'packages', 'rocksdb', 'package.json'), 'utf8'));
  const path = join(folder, `shale-${name}-${version}.tgz`);
  const tar = (...args: string[]) => execFileSync('tar', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const files = tar('-tzf', path)
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/^package\//, ''));
  return { files, read: (file: string) => tar('-xOzf', path, `package/${file}`) };
}

function manifestIn(text: string): Manifest {
  return JSON.parse(text) as Manifest;
}

describe.each(names)('the tarball of @shale/%s', (name) => {
  it('has the license, and a manifest that npm can install', () => {
    const { files, read } = tarball(name);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(read('LICENSE')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'));
    const manifest = manifestIn(read('package.json'));
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|link:|file:/);
    const ours = Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies }).filter(
      ([dependency]) => dependency.startsWith('@shale/'),
    );
    for (const [dependency, version] of ours) {
      expect([dependency, version]).toEqual([dependency, manifest.version]);
    }
    expect(Object.keys(manifest.scripts ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/install$|^prepare$/)]),
    );
  });

  it('has what runs and its types, in few files, and neither tests nor what was built for this machine', () => {
    const { files } = tarball(name);
    const folders = new Set(files.map((file) => (file.includes('/') ? file.split('/')[0] : file)));
    const allowed = ['LICENSE', 'README.md', 'package.json', 'bin', 'dist'];
    const more: Readonly<Record<string, readonly string[]>> = {
      'bench-kit': ['native'],
      engine: ['commonjs'],
      'fault-kit': ['native'],
      rocksdb: ['native', 'scripts'],
      storage: ['conformance', 'examples'],
    };
    expect(
      [...folders].filter((entry) => ![...allowed, ...(more[name] ?? [])].includes(entry ?? '')),
    ).toEqual([]);
    expect(files.filter((file) => /\.node$|\.o$|tsbuildinfo|\.test\.|\.d\.ts\.map$/.test(file))).toEqual([]);
    // What is made of all of them, for them or for the command, has no types of its own.
    const compiled = files.filter(
      (file) => /^dist\/.*\.js$/.test(file) && !/^dist\/(?:bundle|shale)\.js$/.test(file),
    );
    expect(compiled.length).toBeGreaterThan(0);
    expect(compiled.filter((file) => !files.includes(file.replace(/\.js$/, '.d.ts')))).toEqual([]);
  });

  it('has the sources of each source map within it; if not, run `npm run clean` first', () => {
    const { files, read } = tarball(name);
    const maps = files.filter((file) => /^dist\/(?:bundle|index|main|prometheus)\.js\.map$/.test(file));
    expect(maps.length).toBeGreaterThan(0);
    for (const map of maps) {
      const { sources, sourcesContent } = JSON.parse(read(map)) as SourceMap;
      expect(sourcesContent?.length).toBe(sources.length);
      for (const text of sourcesContent ?? []) expect(text).toMatch(/\S/);
    }
  });
});

describe('an empty application', () => {
  it('takes the tarballs of a checkout, as the README says', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(readme).toContain('\nnpm run pack -- --local-addon ');
    expect(readme).toContain('\nnpm install /path/to/shale/packed/shale-*.tgz ');
    const app = temporaryOfFile('app');
    const run = (command: string, ...args: string[]): string =>
      execFileSync(command, args, { cwd: app, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n');
    const tarballs = readdirSync(folder).map((file) => join(folder, file));
    run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs);
    writeFileSync(
      join(app, 'main.js'),
      `import { openWal } from '@shale/engine';
       import { libraryInfo, listBackups } from '@shale/engine/admin';
       const wal = await openWal('./data');
       console.log(String(await wal.table('events').append(Buffer.from('one'))), typeof listBackups);
       console.log(libraryInfo().addon.path);
       await wal.close();`,
    );
    const [appended, addon] = run(process.execPath, 'main.js').split('\n');
    expect(appended).toBe('1 function');
    // Not that of the checkout.
    expect(addon).toContain(join(app, 'node_modules', '@shale'));

    // A repair runs in a process of its own, and imports do nothing but give what they export.
    writeFileSync(
      join(app, 'repair.js'),
      `import { ChildProcess } from 'node:child_process';
       const before = process.eventNames().length;
       const { repairDatabase } = await import('@shale/engine/admin');
       for (const name of ['codec', 'rocksdb', 'storage', 'engine']) await import(\`@shale/\${name}\`);
       const added = process.eventNames().length - before;
       let program = 'none';
       const { spawn } = ChildProcess.prototype;
       ChildProcess.prototype.spawn = function (options) {
         program = options.args.at(-1);
         return spawn.call(this, options);
       };
       let end;
       for await (const event of repairDatabase('./data', './mended')) end = event.type;
       console.log(added, end, program);`,
    );
    expect(run(process.execPath, 'repair.js')).toMatch(
      /^0 \w+ .*\/node_modules\/@shale\/storage\/dist\/repair\/repair-process\.js$/m,
    );
  });
});

describe('the binaries', () => {
  it('are optional dependencies of the binding, of its own version', () => {
    const manifest = manifestIn(tarball('rocksdb').read('package.json'));
    expect(manifest.optionalDependencies).toEqual(
      Object.fromEntries(platforms.map((platform) => [`@shale/rocksdb-${platform}`, manifest.version])),
    );
  });

  it('are each a package that says where it can be installed, with the licenses of what is in it', () => {
    const { files, read } = tarball(`rocksdb-${process.platform}-${process.arch}-gnu`);
    const manifest = manifestIn(read('package.json'));
    expect(manifest).toMatchObject({
      main: './shale_rocksdb.node',
      os: [process.platform],
      cpu: [process.arch],
      libc: ['glibc'],
    });
    expect(files.sort()).toEqual(
      ['LICENSE', 'LICENSES.txt', 'README.md', 'package.json', 'shale_rocksdb.node'].sort(),
    );
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A version, or one of a package that goes by another name here. */
const EXACT = /^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/;
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Every package.json of the repository. */
function manifests(): [folder: string, manifest: Manifest][] {
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
  const platforms = join('packages', 'rocksdb', 'platforms');
  const binaries = readdirSync(join(root, platforms)).map((name) => join(platforms, name));
  const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join('examples', name));
  return ['.', 'benchmarks', 'docs', 'test', ...packages, ...binaries, ...examples].map((folder) => [
    folder,
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest,
  ]);
}

const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');

describe('dependencies', () => {
  it.each(manifests())(
    'of %s are pinned to one version each, and the lockfile has them',
    (folder, manifest) => {
      for (const kind of KINDS) {
        for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
          if (version === 'workspace:*') continue;
          expect([folder, name, version]).toEqual([folder, name, expect.stringMatching(EXACT)]);
          expect([name, lockfile.includes(`specifier: ${version}\n`)]).toEqual([name, true]);
        }
      }
    },
  );

  it('may run no script when they are installed', () => {
    expect(workspace).toMatch(/^onlyBuiltDependencies: \[\]$/m);
    expect(workspace).not.toMatch(/^(?:dangerouslyAllowAllBuilds|neverBuiltDependencies|allowBuilds)/m);
  });

  it('come from the registry with a checksum, and from nowhere else', () => {
    const resolutions = [...lockfile.matchAll(/^ {4}resolution: (.*)$/gm)].map(([, text = '']) => text);
    expect(resolutions.length).toBeGreaterThan(50);
    expect(
      resolutions.filter((text) => !/^\{integrity: sha512-[\w+/=]+(?:, \w+: [^,}]+)*\}$/.test(text)),
    ).toEqual([]);
    expect(resolutions.filter((text) => /tarball:|git|type: directory/.test(text))).toEqual([]);
  });
});

describe('the packages themselves', () => {
  it('are named by the examples with the version that they have', () => {
    const all = manifests().map(([, manifest]) => manifest);
    const versions = new Map(all.map(({ name, version }) => [name, version]));
    const named = Object.entries(all.find(({ name }) => name === 'ingest-service')?.dependencies ?? {});
    const shale = named.filter(([name]) => name.startsWith('@shale/'));
    expect(shale.map(([name]) => name)).toEqual(['@shale/engine', '@shale/metrics']);
    expect(shale).toEqual(shale.map(([name]) => [name, versions.get(name)]));
  });

  it('run no script when they are installed', () => {
    const scripts = manifests().flatMap(([folder, { scripts }]) =>
      Object.entries(scripts ?? {})
        .filter(([name]) => /^(?:pre|post)?install$|^prepare$/.test(name))
        .map(([name, command]) => [folder, name, command]),
    );
    expect(scripts).toEqual([]);
  });
});

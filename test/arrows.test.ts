// The rules in biome.json keep the packages' arrows and secrets. A rule that is misspelt keeps nothing and says
// nothing, so each one is broken here, in a copy of the tree, to see it complain.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { temporaryOfFile } from './support/temporary.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each package must not import. */
const forbidden: Record<string, string[]> = {
  codec: [
    '@shale/rocksdb',
    '@shale/engine',
    '@shale/engine/admin',
    'node:fs',
    'node:worker_threads',
    'piscina',
  ],
  rocksdb: [
    '@shale/storage',
    '@shale/engine',
    '@shale/engine/admin',
    '@shale/bench-kit',
    '@shale/cli',
    '@shale/fault-kit',
    'node:worker_threads',
    'piscina',
    'msgpackr',
    'msgpackr/pack',
  ],
  storage: [
    '@shale/engine',
    '@shale/engine/admin',
    '@shale/bench-kit',
    '@shale/cli',
    '@shale/fault-kit',
    'node:module',
    '../build/shale.node',
    'piscina',
    'msgpackr',
  ],
  engine: [
    '@shale/bench-kit',
    '@shale/cli',
    '@shale/fault-kit',
    '@shale/jetstream',
    '@shale/replica',
    '@shale/rocksdb',
    'node:module',
    '../build/shale.node',
    'msgpackr',
  ],
  metrics: [
    '@shale/cli',
    '@shale/bench-kit',
    '@shale/fault-kit',
    '@shale/storage',
    '@shale/codec',
    '@shale/rocksdb',
    'piscina',
    'msgpackr',
  ],
  jetstream: [
    '@shale/engine',
    '@shale/storage',
    '@shale/replica',
    '@shale/cli',
    '@shale/fault-kit',
    'msgpackr',
  ],
  replica: [
    '@shale/cli',
    '@shale/bench-kit',
    '@shale/fault-kit',
    '@shale/rocksdb',
    '@nats-io/transport-node',
    'msgpackr',
  ],
  'bench-kit': [
    '@shale/cli',
    '@shale/fault-kit',
    '@shale/storage',
    '@shale/codec',
    '../build/shale.node',
    'piscina',
    'msgpackr',
  ],
  'fault-kit': ['@shale/cli', '@shale/rocksdb', 'node:module', '../build/shale.node', 'piscina', 'msgpackr'],
  cli: [
    '@shale/storage',
    '@shale/storage/conformance',
    '@shale/fault-kit',
    '@shale/rocksdb',
    'node:module',
    'node:worker_threads',
    'piscina',
    'msgpackr',
  ],
};

/** What each package lives on. */
const allowed: Record<string, string[]> = {
  codec: ['msgpackr', 'node:buffer'],
  rocksdb: ['@shale/codec', 'node:module'],
  storage: ['@shale/codec', '@shale/rocksdb'],
  engine: ['@shale/codec', '@shale/storage', 'piscina', 'node:worker_threads'],
  'fault-kit': [
    '@shale/engine',
    'pure-rand/generator/xoroshiro128plus',
    'node:worker_threads',
    'node:child_process',
  ],
  metrics: ['@shale/engine', 'prom-client', '@opentelemetry/api', 'node:diagnostics_channel'],
  jetstream: ['@shale/codec', '@nats-io/jetstream', '@nats-io/transport-node', 'node:crypto'],
  replica: ['@shale/codec', '@shale/engine', '@shale/jetstream', '@shale/storage', 'node:fs/promises'],
  'bench-kit': ['@shale/engine', 'node:worker_threads', 'node:module'],
  cli: [
    '@shale/bench-kit',
    '@shale/replica',
    '@shale/codec',
    '@shale/engine',
    '@shale/engine/admin',
    'node:fs',
  ],
};

const copy = temporaryOfFile('arrows');
let complaints: string[];

function write(file: string, text: string): void {
  const path = join(copy, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Runs the linter over the copy once for all tests: `file rule` for each complaint. */
beforeAll(() => {
  cpSync(join(root, 'biome.json'), join(copy, 'biome.json'));
  for (const name of Object.keys(forbidden)) {
    cpSync(join(root, 'packages', name, 'package.json'), join(copy, 'packages', name, 'package.json'));
    for (const [kind, list] of [
      ['bad', forbidden[name]],
      ['good', allowed[name]],
    ] as const) {
      list?.forEach((target, i) => {
        write(`packages/${name}/src/${kind}-${i}.ts`, `import '${target}';\n`);
      });
    }
  }
  write('packages/engine/src/dev.ts', "import 'vitest';\n");
  write('packages/engine/src/a.ts', "import type { B } from './b.js';\nexport type A = B | 1;\n");
  write('packages/engine/src/b.ts', "import type { A } from './a.js';\nexport type B = A | 2;\n");

  const biome = join(root, 'node_modules', '.bin', 'biome');
  const args = ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '--reporter=github'];
  const { stdout } = spawnSync(biome, args, { cwd: copy, encoding: 'utf8' });
  const lines = stdout.matchAll(/^::error title=([^,]*),file=([^,]*),/gm);
  complaints = Array.from(lines, ([, rule, file]) => `${relative(copy, file ?? '')} ${rule}`);
});

const restricted = 'lint/style/noRestrictedImports';

for (const name of Object.keys(forbidden)) {
  test(`${name} imports only what its room allows`, () => {
    const rejected = complaints.filter(
      (line) => line.startsWith(`packages/${name}/`) && line.endsWith(restricted),
    );
    const expected = forbidden[name]?.map((_, i) => `packages/${name}/src/bad-${i}.ts ${restricted}`);
    expect(rejected.sort()).toEqual(expected?.sort());
  });
}

test('a published package imports only its declared dependencies', () => {
  expect(complaints).toContain('packages/engine/src/dev.ts lint/correctness/noUndeclaredDependencies');
});

test('files do not import each other in a circle, not even for types', () => {
  expect(complaints).toContain('packages/engine/src/a.ts lint/suspicious/noImportCycles');
});

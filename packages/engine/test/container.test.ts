// What the defaults are where a container limits memory and processors.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { cpuQuota, processors } from '../dist/cpu-quota.js';
import { inControlGroup, type Limits } from './control-group.js';
import { temporary } from './support.js';

const MIB = 2 ** 20;
const ENGINE = new URL('../dist/options.js', import.meta.url).href;
const ROCKSDB = new URL('../../rocksdb/dist/options.js', import.meta.url).href;
const SCRIPT = `
import { resolveOptions } from ${JSON.stringify(ENGINE)};
import { resolveOptions as ofDatabase } from ${JSON.stringify(ROCKSDB)};
console.log(JSON.stringify({ ...ofDatabase({}), ...resolveOptions({}) }));`;

function defaults(limits: Limits): Record<string, unknown> | null {
  const output = inControlGroup(limits, process.execPath, ['--input-type=module', '--eval', SCRIPT]);
  return output === null ? null : JSON.parse(output);
}

// Only root may make control groups, and not in every container.
test.skipIf(defaults({ memory: 512 * MIB, cpus: 1 }) === null)(
  'a container of 320 MiB and one and a half processors gets defaults that fit into it',
  () => {
    const small = defaults({ memory: 320 * MIB, cpus: 1.5 });
    expect(small).toMatchObject({
      shards: 1,
      maxInFlightBytes: 20 * MIB,
      maxQueuedBytes: 20 * MIB,
      maxReadBytes: 20 * MIB,
      blockCacheSize: 20 * MIB,
      writeBufferSize: 5 * MIB,
    });
    const large = defaults({ memory: 2048 * MIB, cpus: 64 });
    expect(large).toMatchObject({
      shards: Math.min(8, Math.max(1, availableParallelism() - 1)),
      maxInFlightBytes: 64 * MIB,
      maxReadBytes: 64 * MIB,
      blockCacheSize: 128 * MIB,
      writeBufferSize: 16 * MIB,
    });
  },
);

/** What a system looks like to a process: files by their path. */
async function system(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporary();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const SYSTEMS: readonly [string, number, Readonly<Record<string, string>>][] = [
  ['no control groups', Number.POSITIVE_INFINITY, {}],
  [
    'version 2 in a container',
    1.5,
    {
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/cpu.max': '150000 100000\n',
    },
  ],
  [
    'version 2 without a limit',
    Number.POSITIVE_INFINITY,
    {
      '/proc/self/cgroup': '0::/user.slice/session-1.scope\n',
      '/sys/fs/cgroup/user.slice/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/user.slice/session-1.scope/cpu.max': 'max 100000\n',
    },
  ],
  [
    'version 2, where the outer group has less',
    0.5,
    {
      '/proc/self/cgroup': '0::/system.slice/app.service\n',
      '/sys/fs/cgroup/system.slice/cpu.max': '50000 100000\n',
      '/sys/fs/cgroup/system.slice/app.service/cpu.max': '300000 100000\n',
    },
  ],
  [
    'version 1 in a container that sees the path of its host',
    2,
    {
      '/proc/self/cgroup':
        '12:memory:/docker/3fa1\n4:cpu,cpuacct:/docker/3fa1\n1:name=systemd:/docker/3fa1\n0::/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
  ],
  [
    'version 1 without a limit',
    Number.POSITIVE_INFINITY,
    {
      '/proc/self/cgroup': '4:cpu,cpuacct:/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
  ],
];

test.each(SYSTEMS)('the CPU quota of %s is %d', async (_, quota, files) => {
  const root = await system(files);
  expect(cpuQuota(root)).toBe(quota);
  expect(processors(root)).toBe(Math.min(availableParallelism(), Math.ceil(quota)));
});

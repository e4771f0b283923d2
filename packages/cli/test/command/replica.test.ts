// A log that is shipped to three real servers from the shell, and made of what is there.
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { connectWal, openWal } from '@shale/engine';
import { describe, expect, it } from 'vitest';
import { testCluster } from '../../../../test/support/replica-cluster.js';
import { COMMAND, linesOf, ok, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
const cluster = testCluster();
let made = 0;

function place(): { data: string; copy: string; home: string } {
  const home = join(dir, String(++made));
  mkdirSync(home);
  return { home, data: join(home, 'data'), copy: join(home, 'copy') };
}

async function at(): Promise<{ url: string; monitor: string[] }> {
  const { monitors } = await cluster.get();
  return { url: await cluster.url(), monitor: ['--monitor', monitors.join(',')] };
}

describe('a wrong command line for a replica', () => {
  it.each([
    [['replicate', 'DATA', 'nats://127.0.0.1:1/x'], '--monitor is missing'],
    [['replicate', 'DATA', 'nats://127.0.0.1:1/x', '--monitor', 'here'], 'addresses such as'],
    [
      ['replicate', 'DATA', 'nats://127.0.0.1:1/x', '--monitor', 'unchecked', '--partitions', '0'],
      '1 to 256',
    ],
    [
      ['replicate', 'DATA', 'nats://127.0.0.1:1/x', '--monitor', 'unchecked', '--tls-key', 'k'],
      'go together',
    ],
    [['replicate', 'DATA', 'elsewhere', '--monitor', 'unchecked'], 'nats://host-1'],
    [['restore', 'nats://127.0.0.1:1/x', 'new'], '--monitor is missing'],
    [['restore', 'nats://127.0.0.1:1/x', 'new', '--monitor', 'unchecked', '--id', '1'], 'are for backups'],
    [['restore', 'backups', 'new', '--monitor', 'unchecked'], 'are for replicas'],
  ])('%s ends with 2', async (args, told) => {
    const { data } = place();
    await ok(['ingest', data, '-', '--table', 't'], { input: 'a\n' });
    const { code, stderr } = await shale(args.map((arg) => (arg === 'DATA' ? data : arg)));
    expect([code, stderr]).toEqual([2, expect.stringContaining(told)]);
  });
});

it('a command whose package for replicas is not installed says what to install', async () => {
  const { home } = place();
  const own = join(home, 'cli');
  const from = dirname(dirname(COMMAND));
  for (const part of ['bin', 'package.json', 'dist/shale.js'])
    cpSync(join(from, part), join(own, part), { recursive: true });
  const { code, stderr } = await shale(['replicate', home, 'nats://h/x', '--monitor', 'unchecked'], {
    command: join(own, 'bin', 'shale.js'),
  });
  expect(stderr).toBe(
    'shale: this needs the package @shale/replica, which is not installed (CLI_NOT_INSTALLED)\n  Install it beside @shale/cli: npm install @shale/replica\n',
  );
  expect(code).toBe(4);
});

it('a cluster that nobody answers for ends with 16, and makes nothing', async () => {
  const { data, copy, home } = place();
  await ok(['ingest', data, '-', '--table', 't'], { input: 'a\n' });
  for (const args of [
    ['replicate', data, 'nats://127.0.0.1:1/x'],
    ['restore', 'nats://127.0.0.1:1/x', copy],
  ]) {
    const { code, stderr } = await shale([...args, '--monitor', 'unchecked']);
    expect([code, stderr]).toEqual([16, expect.stringMatching(/^shale: nats:.* \(SHALE_UNAVAILABLE\)\n$/)]);
  }
  expect(readdirSync(home)).toEqual(['data']);
});

it('a signal ends it while a server says nothing', async () => {
  const { data } = place();
  await ok(['ingest', data, '-', '--table', 't'], { input: 'a\n' });
  const server = createServer();
  const connected = new Promise((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { child, ended } = start(['replicate', data, `nats://127.0.0.1:${port}/x`, '--monitor', 'unchecked']);
  await connected;
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, stdout: '' });
  server.close();
});

describe.skipIf(cluster.isMissing)('replicate and restore', () => {
  it('bring back every entry, and go on where the replica has come to', async () => {
    const { data, copy } = place();
    const { url, monitor } = await at();
    await ok(['ingest', data, '-', '--table', 't'], { input: 'one\ntwo\n' });
    expect(await ok(['replicate', data, url, ...monitor, '--partitions', '1'])).toMatch(
      /^shipped: all of \d+ tables? is in nats:/,
    );
    await ok(['ingest', data, '-', '--table', 'u'], { input: 'three\n' });
    const told: unknown = JSON.parse(await ok(['replicate', data, url, ...monitor, '--json']));
    expect(told).toMatchObject({ replica: url, isComplete: true, behind: { entries: 0, tables: 0 } });
    expect(await ok(['restore', url, copy, ...monitor])).toMatch(
      /^restored: \d+ entries of \d+ tables from nats:/,
    );
    expect(await linesOf(copy, 't')).toEqual(['one', 'two']);
    expect(await linesOf(copy, 'u')).toEqual(['three']);
    // Nothing is written over.
    expect(await shale(['restore', url, copy, ...monitor])).toMatchObject({ code: 3 });
    expect(await shale(['replicate', copy, url, ...monitor])).toMatchObject({ code: 2 });
    expect(await shale(['restore', `${url}none`, `${copy}2`, ...monitor])).toMatchObject({ code: 4 });
    expect(existsSync(`${copy}2`)).toBe(false);
    expect(await ok(['replicate', copy, url, ...monitor, '--takeover'])).toMatch(/^shipped: /);
  });

  it('a log that a process has open is refused with 5', async () => {
    const { data } = place();
    const { url, monitor } = await at();
    const wal = await openWal(data, { shards: 1 });
    const { code } = await shale(['replicate', data, url, ...monitor]);
    await wal.close();
    expect(code).toBe(5);
  });

  it('ship what other processes write until a signal comes, and say that all is there', async () => {
    const { data, home, copy } = place();
    const { url, monitor } = await at();
    await ok(['ingest', data, '-', '--table', 't'], { input: 'one\n' });
    const socket = join(home, 'log.sock');
    const running = start(['replicate', data, url, ...monitor, '--partitions', '1', '--listen', socket]);
    await until(() => running.stderr.includes('all of it is in'), 'all to be there');
    const wal = await connectWal({ socket });
    const last = await wal.table('t').append(Buffer.from('two'));
    await wal.close();
    expect(last).toBe(2n);
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([143, expect.stringMatching(/^(shipped: all of|stopped: 1 entry)/)]);
    await ok(['replicate', data, url, ...monitor]);
    await ok(['restore', url, copy, ...monitor]);
    expect(await linesOf(copy, 't')).toEqual(['one', 'two']);
  });

  it('another one that takes over ends it with 24', async () => {
    const { data, home } = place();
    const { url, monitor } = await at();
    await ok(['ingest', data, '-', '--table', 't'], { input: 'one\n' });
    const running = start([
      'replicate',
      data,
      url,
      ...monitor,
      '--partitions',
      '1',
      '--listen',
      join(home, 's'),
    ]);
    await until(() => running.stderr.includes('all of it is in'), 'all to be there');
    const other = join(home, 'other');
    await ok(['ingest', other, '-', '--table', 't'], { input: 'one\n' });
    await ok(['replicate', other, url, ...monitor, '--takeover']);
    const wal = await connectWal({ socket: join(home, 's') });
    await wal.table('t').append(Buffer.from('two'));
    await wal.close();
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([24, expect.stringContaining('(SHALE_FENCED)')]);
  });

  it('say up to where all is there when a signal comes while the cluster does not answer', async () => {
    const { data, home } = place();
    const { url, monitor } = await at();
    await ok(['ingest', data, '-', '--table', 't'], { input: 'one\n' });
    const socket = join(home, 'log.sock');
    const running = start(['replicate', data, url, ...monitor, '--partitions', '1', '--listen', socket]);
    await until(() => running.stderr.includes('all of it is in'), 'all to be there');
    const { nodes } = await cluster.get();
    for (const node of nodes) await node.end('SIGKILL');
    try {
      const wal = await connectWal({ socket });
      await wal.table('t').appendBatch(['two', 'three'].map((text) => Buffer.from(text)));
      await wal.close();
      running.child.kill('SIGINT');
      const { code, stdout } = await running.ended;
      expect(code).toBe(130);
      expect(stdout).toContain(
        'stopped: 2 entries of 1 table not there yet; the same command goes on there\n',
      );
      expect(stdout).toMatch(/^ {2}t: up to 1 of 3$/m);
    } finally {
      for (const node of nodes) node.start();
      await (await cluster.get()).ready();
    }
    expect(await ok(['replicate', data, url, ...monitor])).toMatch(/^shipped: /);
  });
});

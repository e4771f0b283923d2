// A log that is shipped to three real servers, and made anew of what is there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal, type Wal } from '@shale/engine';
import { openReplica, type ReplicateOptions, replicate, restoreReplica } from '@shale/replica';
import { describe, expect, test } from 'vitest';
import { testCluster } from '../../../test/support/replica-cluster.js';
import { temporary } from '../../../test/support/temporary.js';
import { expectSame } from './support/compare.js';
import { SHIPPING_PROCESS } from './support/shipping-process.js';

const cluster = testCluster();
const HERE = dirname(fileURLToPath(import.meta.url));

async function ship(wal: Wal, url: string, more: Partial<ReplicateOptions> = {}) {
  const { monitors: monitor } = await cluster.get();
  return await replicate(wal, url, { monitor, partitions: 2, ...more });
}

async function restore(url: string, directory: string) {
  const { monitors: monitor } = await cluster.get();
  return await restoreReplica(url, directory, { monitor });
}

function texts(count: number, from = 1): Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(`entry ${from + i}`));
}

test('what is not a log, or no options, is refused before anything is connected', async () => {
  // As callers without types give them.
  const replicateAnything = replicate as (...args: unknown[]) => Promise<unknown>;
  for (const args of [
    [null, 'nats://a/b', {}],
    [{}, 'nats://a/b', {}],
  ]) {
    await expect(replicateAnything(...args)).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
  }
  await using wal = await openWal(temporary('options'), { shards: 1 });
  for (const options of [
    undefined,
    {},
    { monitor: 'unchecked', dropMissing: 1 },
    { monitor: 'unchecked', removed: 'yes' },
    { monitor: 'unchecked', a: 1 },
  ]) {
    await expect(replicateAnything(wal, 'nats://127.0.0.1:1/b', options)).rejects.toMatchObject({
      code: 'SHALE_INVALID_ARGUMENT',
    });
  }
});

describe.skipIf(cluster.isMissing)('a log', () => {
  test('is shipped as it was and as it becomes, and restored byte for byte', async () => {
    const home = temporary('ship');
    const url = await cluster.url();
    const wal = await openWal(join(home, 'log'), { shards: 2 });
    const named = wal.table('cpu.host1');
    const plain = wal.table({ region: 2n ** 64n - 1n, table: 3 });
    await named.appendBatch(texts(3000));
    await plain.appendBatch([Buffer.alloc(0), Buffer.alloc(3_000_000, 7), Buffer.from('c')]);
    await wal.table('emptied').appendBatch(texts(10));
    await wal.table('trimmed').appendBatch(texts(10));
    await wal.table('trimmed').trim(7n);
    const replica = await ship(wal, url);
    await named.appendBatch(texts(3000, 3001));
    await wal.table('later').append(Buffer.from('new'), { durability: 'os' });
    await replica.caughtUp();
    expect(await replica.lag()).toEqual({ entries: 0n, tables: 0 });
    expect(replica.position(named.id ?? { region: 0, table: 0 })).toBe(6000n);
    expect(replica.state).toBe('shipping');
    await replica.stop();
    await wal.close();
    const { tables, entries } = await restore(url, join(home, 'copy'));
    expect({ tables, entries }).toEqual({ tables: 5, entries: 6017n });
    await expectSame(join(home, 'copy'), join(home, 'log'));
    await using copy = await openWal(join(home, 'copy'), { shards: 1 });
    expect(await copy.table('trimmed').firstSequence()).toBe(8n);
    const bad = [];
    for await (const event of copy.verify()) if (event.type === 'finding') bad.push(event);
    expect(bad).toEqual([]);
    // Names go on behind those that there are.
    expect(await copy.table('brand new').append(Buffer.from('x'))).toBe(1n);
    expect(await copy.table('cpu.host1').append(Buffer.from('x'))).toBe(6001n);
  });

  test('keeps apart what was trimmed before it was shipped, and a table that was dropped and written anew', async () => {
    const home = temporary('gone');
    const url = await cluster.url();
    const wal = await openWal(join(home, 'log'), { shards: 2 });
    const stays = wal.table('stays');
    const cut = wal.table('cut');
    const anew = wal.table({ region: 5, table: 6 });
    for (const table of [stays, cut, anew]) await table.appendBatch(texts(20));
    const first = await ship(wal, url);
    await first.caughtUp();
    await anew.drop();
    await anew.appendBatch(texts(3));
    await first.caughtUp();
    expect(first.failure).toBe(null);
    await expect.poll(() => first.position({ region: 5, table: 6 })).toBe(3n);
    await first.stop();
    await cut.appendBatch(texts(20, 21));
    await cut.trim(30n);
    const second = await ship(wal, url);
    await stays.append(Buffer.from('more'));
    await second.caughtUp();
    await second.stop();
    await wal.close();
    await restore(url, join(home, 'copy'));
    await expectSame(join(home, 'copy'), join(home, 'log'));
    await using copy = await openWal(join(home, 'copy'), { shards: 1 });
    expect(await copy.table('cut').firstSequence()).toBe(31n);
  });

  test('that trims or drops what was shipped has that removed from its replica, too, and a restore is the same log', async () => {
    const home = temporary('follows');
    const url = await cluster.url();
    const wal = await openWal(join(home, 'log'), { shards: 2 });
    const tables = ['part', 'all', 'gone', 'before'].map((name) => wal.table(name));
    const [part, all, gone, before] = tables as [
      (typeof tables)[0],
      (typeof tables)[0],
      (typeof tables)[0],
      (typeof tables)[0],
    ];
    const first = await ship(wal, url);
    for (let at = 1; at <= 100; at += 10) {
      for (const table of tables) await table.appendBatch(texts(10, at));
      await first.caughtUp();
    }
    const id = gone.id ?? { region: 0n, table: 0n };
    await part.trim(55n);
    await all.trim(100n);
    await gone.drop();
    await first.caughtUp();
    expect(first.position(id)).toBe(0n);
    // By itself, too.
    await part.trim(60n);
    const { monitors: monitor } = await cluster.get();
    const reader = await openReplica(url, { monitor });
    const firstOf = async (name: string) => {
      for await (const table of reader.tables()) if (table.name === name) return table.first;
      return null;
    };
    await expect.poll(() => firstOf('part')).toBe(61n);
    await first.stop();
    // Nobody ships, and the next one follows.
    await before.trim(20n);
    const second = await ship(wal, url);
    await expect.poll(() => firstOf('before')).toBe(21n);
    await part.appendBatch(texts(10, 101));
    await second.caughtUp();
    await second.stop();
    expect(await firstOf('gone')).toBe(null);
    await reader.close();
    await wal.close();
    expect(await restore(url, join(home, 'copy'))).toMatchObject({ tables: 3, entries: 130n });
    await expectSame(join(home, 'copy'), join(home, 'log'));
    await using copy = await openWal(join(home, 'copy'), { shards: 1 });
    const firsts = ['part', 'all', 'before'].map((name) => copy.table(name).firstSequence());
    expect(await Promise.all(firsts)).toEqual([61n, 101n, 21n]);
  });

  test('a table that is dropped and written anew while the drop is followed has its new entries in the replica', async () => {
    const home = temporary('anew');
    const url = await cluster.url();
    const wal = await openWal(join(home, 'log'), { shards: 1 });
    const table = wal.table({ region: 1, table: 1 });
    const replica = await ship(wal, url);
    for (let round = 1; round <= 20; round++) {
      await table.appendBatch(texts(40 - round));
      await table.trim(3n);
      if (round % 2 === 0) await replica.caughtUp();
      await table.drop();
      if (round % 3 === 0) await replica.caughtUp();
    }
    await table.appendBatch(texts(2));
    await replica.caughtUp();
    expect(replica.failure).toBe(null);
    await expect.poll(() => replica.position({ region: 1, table: 1 })).toBe(2n);
    await replica.stop();
    await wal.close();
    await restore(url, join(home, 'copy'));
    await expectSame(join(home, 'copy'), join(home, 'log'));
  });

  test('tells of one append when a majority has it', async () => {
    const url = await cluster.url();
    await using wal = await openWal(temporary('reached'), { shards: 1 });
    const replica = await ship(wal, url);
    const table = wal.table({ region: 1, table: 1 });
    const id = { region: 1, table: 1 };
    const later = replica.reached(id, 2n);
    await replica.reached(id, await table.append(Buffer.from('one')));
    expect(replica.position(id)).toBe(1n);
    await table.append(Buffer.from('two'));
    await later;
    expect(replica.position(id)).toBe(2n);
    const never = replica.reached(id, 3n);
    const refused = expect(never).rejects.toMatchObject({ code: 'SHALE_CLOSED' });
    await replica.stop();
    await refused;
    await expect(replica.reached(id, -1)).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
  });

  test('that trims what was shipped keeps it in its replica where that is asked for', async () => {
    const home = temporary('archive');
    const url = await cluster.url();
    await using wal = await openWal(join(home, 'log'), { shards: 1 });
    const table = wal.table('t');
    await table.appendBatch(texts(20));
    const replica = await ship(wal, url, { removed: 'keep' });
    await replica.caughtUp();
    await table.trim(15n);
    await table.append(Buffer.from('more'));
    await replica.caughtUp();
    await replica.stop();
    const again = await ship(wal, url, { removed: 'keep' });
    await table.append(Buffer.from('and more'));
    await again.caughtUp();
    await again.stop();
    expect(await restore(url, join(home, 'copy'))).toMatchObject({ entries: 22n });
  });

  test('tables that were dropped while nobody shipped stay in the replica, unless that is asked for', async () => {
    const home = temporary('missing');
    const url = await cluster.url();
    await using wal = await openWal(join(home, 'log'), { shards: 1 });
    const gone = wal.table({ region: 1, table: 1 });
    await gone.appendBatch(texts(3));
    const first = await ship(wal, url);
    await first.caughtUp();
    await first.stop();
    await gone.drop();
    const second = await ship(wal, url);
    expect(second.position({ region: 1, table: 1 })).toBe(3n);
    await second.stop();
    const third = await ship(wal, url, { dropMissing: true });
    expect(third.position({ region: 1, table: 1 })).toBe(0n);
    await third.stop();
    const { monitors: monitor } = await cluster.get();
    const replica = await openReplica(url, { monitor });
    for await (const table of replica.tables()) expect(table).toBe('none');
    await replica.close();
  });

  test('is shipped by one at a time: the older one fails with SHALE_FENCED, and nothing is there twice', async () => {
    const home = temporary('fenced');
    const url = await cluster.url();
    await using wal = await openWal(join(home, 'log'), { shards: 1 });
    const table = wal.table('t');
    await table.appendBatch(texts(100));
    const one = await ship(wal, url);
    await one.caughtUp();
    const two = await ship(wal, url);
    await table.appendBatch(texts(100, 101));
    await two.caughtUp();
    await expect.poll(() => one.state).toBe('failed');
    expect(one.failure).toMatchObject({ code: 'SHALE_FENCED' });
    await expect(one.caughtUp()).rejects.toMatchObject({ code: 'SHALE_FENCED' });
    await expect(one.lag()).rejects.toMatchObject({ code: 'SHALE_FENCED' });
    await one.stop();
    await two.stop();
    await expect(two.caughtUp()).rejects.toMatchObject({ code: 'SHALE_CLOSED' });
    expect(await restore(url, join(home, 'copy'))).toMatchObject({ entries: 200n });
  });

  test('another log is not shipped to its replica; a restored one is, when it takes over', async () => {
    const home = temporary('takeover');
    const url = await cluster.url();
    const wal = await openWal(join(home, 'log'), { shards: 1 });
    await wal.table('t').appendBatch(texts(10));
    const replica = await ship(wal, url);
    await replica.caughtUp();
    const neighbour = await openWal(join(home, 'log'), { shards: 1, instance: 1 });
    await expect(ship(neighbour, url)).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
    await neighbour.close();
    // Closing the log ends it.
    await wal.close();
    await expect.poll(() => replica.state).toBe('stopped');
    await restore(url, join(home, 'copy'));
    await using copy = await openWal(join(home, 'copy'), { shards: 1 });
    await expect(ship(copy, url)).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
    const second = await ship(copy, url, { takeover: true });
    await copy.table('t').appendBatch(texts(5, 11));
    await second.caughtUp();
    await second.stop();
    expect(await restore(url, join(home, 'again'))).toMatchObject({ entries: 15n });
  });

  test('a restore to a place where there is something is refused, and one that fails leaves nothing', async () => {
    const home = temporary('restore');
    const { monitors: monitor } = await cluster.get();
    await expect(
      restoreReplica(`${await cluster.url()}`, join(home, 'a'), { monitor }),
    ).rejects.toMatchObject({
      code: 'SHALE_NOT_FOUND',
    });
    const url = await cluster.url();
    await using wal = await openWal(join(home, 'log'), { shards: 1 });
    await wal.table('t').appendBatch(texts(1));
    const replica = await ship(wal, url);
    await replica.caughtUp();
    await replica.stop();
    await expect(restore(url, join(home, 'log'))).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
    expect(readdirSync(home)).toEqual(['log']);
  });

  test('whose shipper is killed again and again has every entry in its replica once', async () => {
    const home = temporary('killed');
    const url = await cluster.url();
    const { monitors } = await cluster.get();
    const args = [join(home, 'log'), url, JSON.stringify(monitors)];
    for (let round = 0; round < 4; round++) {
      const child = spawn(
        process.execPath,
        ['--input-type=module', '-e', SHIPPING_PROCESS, ...args, `${round}`],
        {
          cwd: HERE,
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const ended = once(child, 'exit');
      await Promise.race([once(child.stdout, 'data'), ended]);
      expect(child.exitCode).toBe(null);
      await new Promise((resolve) => setTimeout(resolve, 50 + 100 * round));
      child.kill('SIGKILL');
      await ended;
    }
    await using wal = await openWal(join(home, 'log'), { shards: 2 });
    const replica = await ship(wal, url);
    await replica.caughtUp();
    await replica.stop();
    await wal.close();
    await restore(url, join(home, 'copy'));
    await expectSame(join(home, 'copy'), join(home, 'log'));
  });

  test('is not held up when the leader is killed, then another node, then the last one: it catches up, each entry once', async () => {
    const home = temporary('leader');
    const nodes = await cluster.get();
    const url = await cluster.url();
    const wal = await openWal(join(home, 'log'), { shards: 1 });
    const table = wal.table('t');
    const replica = await ship(wal, url, { partitions: 1 });
    const stream = `${url.slice(url.lastIndexOf('/') + 1)}_0`;
    let appended = 0;
    const append = async (batches: number): Promise<void> => {
      for (let i = 0; i < batches; i++, appended += 100) await table.appendBatch(texts(100, appended + 1));
    };
    await append(50);
    const leader = await nodes.leaderOf(stream);
    await leader?.end('SIGKILL');
    await append(50);
    await replica.caughtUp();
    const others = nodes.nodes.filter((node) => node !== leader);
    await others[0]?.end('SIGKILL');
    await append(50);
    // What was sent to one node alone may be in later, without a word.
    expect(replica.position(table.id ?? { region: 0, table: 0 })).toBeLessThan(BigInt(appended));
    await others[1]?.end('SIGKILL');
    await append(50);
    for (const node of nodes.nodes) node.start();
    await append(50);
    await replica.caughtUp();
    expect(replica.trouble).toBe(null);
    await replica.stop();
    await wal.close();
    await nodes.ready();
    expect(await restore(url, join(home, 'copy'))).toMatchObject({ entries: BigInt(appended) });
    await expectSame(join(home, 'copy'), join(home, 'log'));
    expect(existsSync(join(home, 'copy'))).toBe(true);
  });
});

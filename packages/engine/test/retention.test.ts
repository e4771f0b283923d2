import type { Consumer, Table, Wal } from '@shale/engine';
import { describe, expect, test, vi } from 'vitest';
import { RetentionEnforcer } from '../dist/retention-enforcer.js';
import type { Shard } from '../dist/shard/shard.js';
import { fill, iterate, next } from './consuming.js';
import { all, apart, behind, endThread, failureOf, open, rejectsWith, temporary } from './support.js';

const ID = { region: 1n, table: 1n };

/** Resolves when the first sequence of a table is this one. */
async function firstIs(table: Table, first: bigint): Promise<void> {
  await vi.waitFor(async () => expect(await table.firstSequence()).toBe(first), WAIT);
}

const WAIT = { timeout: 60_000, interval: 20 };

/** Looks at the tables of all shards so often that all has been looked at that was touched. */
async function lookedAtAll(wal: Wal): Promise<void> {
  const shards = behind(wal).shards.length;
  // No other table has one of these ids: those of all regions share their floors.
  for (let table = 1000n, seen = new Set<number>(); seen.size < shards; table++) {
    const each = wal.table({ region: 999n, table });
    if (seen.has(each.shard ?? 0)) continue;
    seen.add(each.shard ?? 0);
    await wal.retain(each, { keep: { entries: 1 } });
    await fill(each, 3);
    await firstIs(each, 3n);
  }
}

describe('retain', () => {
  test('trims what is beyond, of tables that are there and of those that come, until it is removed', async () => {
    const path = await temporary();
    const wal = await open({ path });
    const { here, there } = apart(wal);
    const tables = [here, there].map((table) => wal.table({ region: 1n, table }));
    const named = wal.table('orders');
    await fill(tables[0] as Table, 100);
    await wal.retain('all', { keep: { entries: 10n } });
    await wal.retain(wal.region(1n), { keep: { entries: 20 }, atMost: { entries: 50 } });
    await wal.retain(named, { keep: { ageMs: 1000, bytes: 1n } });
    await wal.retain({ prefix: 'mail.' }, { atMost: { ageMs: 5 } });
    await fill(tables[1] as Table, 30);
    await firstIs(tables[0] as Table, 81n);
    await firstIs(tables[1] as Table, 11n);
    const expected = [
      { target: 'all', keep: { entries: 10n }, atMost: null },
      { target: { region: 1n }, keep: { entries: 20n }, atMost: { entries: 50n } },
      { target: { prefix: 'mail.' }, keep: null, atMost: { ageMs: 5 } },
      { target: { name: 'orders' }, keep: { ageMs: 1000, bytes: 1n }, atMost: null },
    ];
    expect(await wal.retentions()).toEqual(expected);
    await wal.close();
    const again = await open({ path });
    expect(await again.retentions()).toEqual(expected);
    const other = again.table({ region: 5n, table: 5n });
    await fill(other, 30);
    await firstIs(other, 21n);
    for (const target of ['all', again.region(1n), again.table('orders'), { prefix: 'mail.' }] as const)
      await again.retain(target, null);
    expect(await again.retentions()).toEqual([]);
    await fill(other, 30);
    await lookedAtAll(again);
    expect(await other.firstSequence()).toBe(21n);
  });

  test('a consumer that stops holds what is kept, and what is kept at most takes it with one typed gap', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await fill(table, 100);
    const consumer: Consumer = await wal.consumer('slow', {
      tables: table,
      chunkEntries: 10,
      onTrimmed: 'skip',
    });
    await wal.retain(table, { keep: { entries: 5 } });
    const batches = iterate(consumer);
    await next(batches);
    await next(batches);
    await consumer.commit();
    await firstIs(table, 11n);
    await lookedAtAll(wal);
    expect(await table.firstSequence()).toBe(11n);
    expect(await wal.consumers()).toMatchObject([{ name: 'slow', overrun: 0 }]);
    await wal.retain(table, { keep: { entries: 5 }, atMost: { entries: 40 } });
    await firstIs(table, 61n);
    expect(await wal.consumers()).toMatchObject([{ name: 'slow', behind: 1, overrun: 1, lag: 90n }]);
    const gaps: unknown[] = [];
    const seen: bigint[] = [];
    while (seen.at(-1) !== 100n) {
      const batch = await next(batches);
      if (batch.gap !== null) gaps.push(batch.gap);
      for (const { sequence } of batch) seen.push(sequence);
    }
    expect(gaps).toEqual([{ expected: expect.any(BigInt), first: 61n }]);
    expect(seen.slice(-40)).toEqual(Array.from({ length: 40 }, (_, i) => BigInt(61 + i)));
    await consumer.commit();
    await consumer.close();
    expect(await wal.consumers()).toMatchObject([{ overrun: 0 }]);
  });

  test('a consumer that is new begins with the first entry, and what it has not seen stays', async () => {
    const wal = await open();
    const consumer = await wal.consumer('new', { tables: wal.region(1n), chunkEntries: 10 });
    await consumer.close();
    await wal.retain('all', { keep: { entries: 1 } });
    const table = wal.table(ID);
    const free = wal.table({ region: 2n, table: 1n });
    await fill(table, 50);
    await fill(free, 50);
    await firstIs(free, 50n);
    await lookedAtAll(wal);
    expect(await table.firstSequence()).toBe(1n);
    await wal.dropConsumer('new');
    await firstIs(table, 50n);
  });

  test('it goes on when threads die, with what was touched before as well', async () => {
    const wal = await open();
    const { here } = apart(wal);
    const table = wal.table({ region: 1n, table: here });
    await wal.retain('all', { keep: { entries: 10 } });
    await fill(table, 100);
    for (let shard = 0; shard < 2; shard++) await endThread(wal, shard);
    await firstIs(table, 91n);
  });

  test('follows and channels hear of its trims, and the space comes back', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await wal.retain(table, { keep: { entries: 10 } });
    await fill(table, 100);
    await firstIs(table, 91n);
    await vi.waitFor(async () => expect((await wal.stats()).reclaim.runs).toBeGreaterThan(0), WAIT);
    const read = (await all(table.read())).map(({ sequence }) => sequence);
    expect(read).toHaveLength(10);
  });

  test('what it is given is checked', async () => {
    const wal = await open();
    const table = wal.table(ID);
    const other = await open();
    const wrong: [unknown, unknown][] = [
      ['some', { keep: { entries: 1 } }],
      [{ prefix: '' }, { keep: { entries: 1 } }],
      [other.table(ID), { keep: { entries: 1 } }],
      [other.region(1n), { keep: { entries: 1 } }],
      [wal.table({ region: 0n, table: 2n ** 63n }), { keep: { entries: 1 } }],
      [table, {}],
      [table, undefined],
      [table, { keep: {} }],
      [table, { keep: { entries: -1 } }],
      [table, { keep: { entries: 2n ** 64n - 1n } }],
      [table, { keep: { ageMs: 0 } }],
      [table, { keep: { ageMs: 1.5 } }],
      [table, { keep: { days: 3 } }],
      [table, { keep: { entries: 5 }, atMost: { entries: 4 } }],
      [table, { keep: 'disk' }],
    ];
    for (const [target, options] of wrong) {
      const call = wal.retain(target as 'all', options as null);
      await rejectsWith('SHALE_INVALID_ARGUMENT', call);
    }
    expect(await wal.retentions()).toEqual([]);
    const path = wal.path;
    await wal.close();
    await rejectsWith('SHALE_CLOSED', wal.retain('all', null));
    await rejectsWith('SHALE_CLOSED', wal.retentions());
    const reader = await open({ path, readOnly: true });
    await rejectsWith('SHALE_READ_ONLY', reader.retain('all', null));
    expect(await reader.retentions()).toEqual([]);
  });
});

describe('what a shard has found is not done', () => {
  /** An enforcer over one shard that finds the same table again and again; each turn waits for its answer. */
  function enforcer() {
    const turns: { again: readonly unknown[]; answer: () => void }[] = [];
    const trims: bigint[] = [];
    const request = async ({
      kind,
      again,
    }: {
      kind: string;
      again?: readonly unknown[];
    }): Promise<unknown> => {
      if (kind !== 'retentionTurn') return null;
      await new Promise<void>((resolve) => turns.push({ again: again ?? [], answer: resolve }));
      return { trims: BigUint64Array.of(1n, 1n, 5n), more: true };
    };
    const shard = { index: 0, request } as unknown as Shard;
    const enforcing = new RetentionEnforcer({
      shards: [shard],
      trim: async (_id, upTo) => void trims.push(upTo),
      health: () => 'well',
      activity: () => 0,
    });
    enforcing.start();
    const turn = async (count: number) => {
      await vi.waitFor(() => expect(turns).toHaveLength(count), WAIT);
      return turns[count - 1] ?? { again: [], answer: () => undefined };
    };
    return { enforcing, trims, turn };
  }

  test('once the table is being dropped, or a consumer goes back in it, until that is over', async () => {
    const { enforcing, trims, turn } = enforcer();
    let over: () => void = () => undefined;
    const first = await turn(1);
    enforcing.suspect(ID, new Promise<void>((resolve) => (over = resolve)));
    first.answer();
    const second = await turn(2);
    expect(second.again).toEqual([ID]);
    over();
    // What was under way when the turn began makes it void, too.
    second.answer();
    const third = await turn(3);
    expect(trims).toEqual([]);
    third.answer();
    await turn(4);
    expect(trims).toEqual([5n]);
    enforcing.stop();
  });

  test('once a consumer has come', async () => {
    const { enforcing, trims, turn } = enforcer();
    const first = await turn(1);
    await enforcing.consumerCame();
    first.answer();
    expect((await turn(2)).again).toEqual([ID]);
    expect(trims).toEqual([]);
    enforcing.stop();
  });
});

describe('time', () => {
  test('table.at and since give what was appended then or later', async () => {
    const wal = await open();
    const table = wal.table(ID);
    expect(await table.at(0)).toBe(1n);
    await fill(table, 3);
    const failure = await failureOf(table.at(new Date()));
    expect(failure).toMatchObject({
      code: 'SHALE_NOT_FOUND',
      message: expect.stringContaining('wal.retain'),
    });
    await expect(all(table.read({ since: new Date() }))).rejects.toMatchObject({ code: 'SHALE_NOT_FOUND' });
    const before = Date.now() - 1;
    await wal.retain(table, { keep: { ageMs: 3_600_000 } });
    // Behind those that were there a mark is written.
    await vi.waitFor(async () => expect(await table.at(Date.now())).toBe(4n), WAIT);
    await fill(table, 2);
    expect(await table.at(before)).toBe(1n);
    const read = await all(table.read({ since: new Date(), lte: 4 }));
    expect(read.map(({ sequence }) => sequence)).toEqual([4n]);
    const back = await all(table.read({ since: Date.now(), gte: 2, reverse: true }));
    expect(back.map(({ sequence }) => sequence)).toEqual([5n, 4n]);
    expect(await all(table.read({ since: 0 }))).toHaveLength(5);
    for (const time of [Number.NaN, -1, '10m', null, new Date('x')]) {
      await rejectsWith('SHALE_INVALID_ARGUMENT', table.at(time as number));
      expect(() => table.read({ since: time as number })).toThrow(/since must be/);
    }
    expect(await wal.table('none').at(Date.now())).toBe(1n);
  });

  test('entries go by age, also the last ones', async () => {
    const wal = await open();
    const table = wal.table(ID);
    await wal.retain(table, { keep: { ageMs: 1 } });
    await fill(table, 5);
    await firstIs(table, 6n);
    await fill(table, 1);
    await firstIs(table, 7n);
  });
});

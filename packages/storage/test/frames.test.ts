import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AppendFrameWriter,
  decodeAppendFrame,
  encodeLogKeyPrefix,
  LOG_KEY_PREFIX_LENGTH,
  logKey,
  metaKey,
  type TableId,
  tableRangeUpTo,
  U64_MAX,
} from '@shale/codec';
import { attachDatabase } from '@shale/rocksdb';
import { attachLog, type CommitResult, type Log } from '@shale/storage';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogModel } from './model.js';
import { directory, fill, fresh, open, plant, plantEntry, sequences } from './support.js';

/** One of a frame's items. */
type Item =
  | { readonly do: 'append'; readonly id: TableId; readonly payloads: readonly number[] }
  | { readonly do: 'trim'; readonly id: TableId; readonly upTo: bigint }
  | { readonly do: 'drop'; readonly id: TableId };

const id = { region: 1n, table: 7n };
const twin = { region: 2n, table: 7n };
const other = { region: 1n, table: 8n };

/** Commits one frame. `isNew` says which item has its table under an index of its own, though it may be there already. */
function commit(log: Log, items: readonly Item[], sync = false, isNew = (_: number) => false): CommitResult {
  const writer = new AppendFrameWriter(new ArrayBuffer(64 * 1024));
  const tables = new Map<string, number>();
  items.forEach((item, at) => {
    const key = `${item.id.region}/${item.id.table}`;
    let table = tables.get(key);
    if (table === undefined || isNew(at)) {
      const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
      encodeLogKeyPrefix(prefix, 0, { instance: 0, ...item.id });
      table = writer.addTable(prefix);
      tables.set(key, table);
    }
    if (item.do === 'trim') writer.addTrim(table, item.upTo);
    else if (item.do === 'drop') writer.addDrop(table);
    else {
      writer.beginAppend(table);
      for (const payload of item.payloads) writer.add(Uint8Array.of(payload));
    }
  });
  return log.commit(decodeAppendFrame(writer.seal({ sync })));
}

const append = (of: TableId, ...payloads: number[]): Item => ({ do: 'append', id: of, payloads });
const trim = (of: TableId, upTo: bigint): Item => ({ do: 'trim', id: of, upTo });
const drop = (of: TableId): Item => ({ do: 'drop', id: of });

test('a drop that cannot look its name up fails by itself, and all else in its frame is done', async () => {
  const path = await directory();
  // Without a cache, what is read is on the disk.
  const log = await open(path, { rocksdb: { blockCacheSize: 0 } });
  while (!log.names.prepare());
  const [named = expect.fail(), kept = expect.fail()] = log.names
    .make(['named', 'kept'])
    .map((made) => made ?? expect.fail());
  await log.flush();
  const [file = expect.fail()] = (await readdir(path)).filter((name) => name.endsWith('.sst'));
  // What is known of the tables needs no look at the file, which alone is damaged.
  for (const table of [named, kept, id]) fill(log, table, 3);
  const bytes = await readFile(join(path, file));
  bytes.fill(0x55, 10, 40);
  await writeFile(join(path, file), bytes);
  const { firsts, errors } = commit(log, [
    append(id, 1),
    drop(named),
    append(kept, 9),
    append(named, 4),
    drop(other),
    append(id, 2),
  ]);
  expect(errors).toMatchObject([{ append: 1, error: { code: 'SHALE_CORRUPT', table: named } }]);
  expect([...firsts]).toEqual([4n, 0n, 4n, 4n, 0n, 5n]);
  expect([named, kept, id].map((table) => log.lastSequence(table))).toEqual([4n, 4n, 5n]);
});

test('appends, trims and drops of a frame are done in their order, in one write', async () => {
  const log = await fresh();
  fill(log, id, 3);
  const { writes } = log.stats().counters;
  const { firsts, trims, errors } = commit(log, [
    append(id, 1, 2),
    trim(id, 4n),
    append(id, 3),
    append(other, 9),
    trim(id, U64_MAX),
    append(id, 4),
    drop(other),
    append(other, 8),
    trim(other, 1n),
    append(other, 7),
  ]);
  expect(errors).toEqual([]);
  expect([...firsts]).toEqual([4n, 4n, 6n, 1n, 6n, 7n, 0n, 1n, 1n, 2n]);
  expect([...trims]).toEqual([5n, 4n, 6n, 6n, 1n, 1n]);
  expect(log.stats().counters.writes).toBe(writes + 1);
  for (const when of ['at once', 'after reopening']) {
    const shown = when === 'at once' ? log : await reopened(log);
    expect(sequences(shown, id)).toEqual([7n]);
    expect(sequences(shown, other)).toEqual([2n]);
    expect([...shown.floors()]).toEqual([
      { table: 7n, floor: 6n },
      { table: 8n, floor: 1n },
    ]);
    expect(shown.firstSequence(id)).toBe(7n);
    expect(shown.nextSequence(other)).toBe(3n);
  }
});

const ids = fc.record({ region: fc.bigInt(1n, 2n), table: fc.bigInt(1n, 2n) });
const items: fc.Arbitrary<Item> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      id: ids,
      payloads: fc.array(fc.nat(255), { maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('trim' as const),
      id: ids,
      upTo: fc.oneof(fc.bigInt(0n, 12n), fc.constant(U64_MAX)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drop' as const), id: ids }) },
);
const frames = fc.array(
  fc.record({
    items: fc.array(items, { maxLength: 12 }),
    after: fc.constantFrom('nothing', 'nothing', 'nothing', 'forget', 'forget', 'flush'),
  }),
  { maxLength: 6 },
);

test('whatever a frame holds, the log does what the model does one by one', async () => {
  const holder = await fresh();
  const tables = [1n, 2n].flatMap((region) => [1n, 2n].map((table) => ({ region, table })));
  // Each run has tables of its own, whose ids no earlier run has left a floor for.
  let base = 0n;
  await fc.assert(
    fc.asyncProperty(frames, fc.nat(7), async (someFrames, seed) => {
      base += 10n;
      const own = (of: TableId): TableId => ({ region: of.region, table: base + of.table });
      const model = new LogModel();
      let log = attachLog(holder.path);
      try {
        for (const frame of someFrames) {
          const done = frame.items.map((item) => ({ ...item, id: own(item.id) }));
          const result = commit(log, done, false, (at) => (at * 5 + seed) % 8 === 0);
          expect(result.errors).toEqual([]);
          expectAsModel(model, done, result);
          if (frame.after === 'flush') await log.flush();
          if (frame.after === 'forget') {
            // What is known of the tables comes from the disk again.
            await log.close();
            log = attachLog(holder.path);
            model.reopen();
          }
          expectSame(log, model, tables.map(own));
        }
        await log.close();
        log = attachLog(holder.path);
        model.reopen();
        expectSame(log, model, tables.map(own));
      } finally {
        await log.close();
      }
    }),
    { numRuns: 60 },
  );
});

function expectAsModel(model: LogModel, done: readonly Item[], { firsts, trims }: CommitResult): void {
  let trimmed = 0;
  // Tables are recovered from what is on the disk before the frame: from the floors, that is, which they have in
  // common.
  for (const item of done) model.next(item.id);
  done.forEach((item, at) => {
    if (item.do === 'drop') {
      model.drop(item.id);
      expect(firsts[at]).toBe(0n);
    } else if (item.do === 'append') {
      const { first } = model.append(item.id, item.payloads);
      expect(firsts[at]).toBe(item.payloads.length === 0 ? first - 1n : first);
    } else {
      const before = model.read(item.id, {}).length;
      const first = model.trim(item.id, item.upTo);
      const last = model.next(item.id) - 1n;
      const removed = before > model.read(item.id, {}).length;
      expect(firsts[at]).toBe(first === 0n ? 0n : first - 1n);
      expect([...trims.subarray(trimmed, trimmed + 2)]).toEqual([
        last,
        removed ? (item.upTo < last ? item.upTo : last) : 0n,
      ]);
      trimmed += 2;
    }
  });
  expect(trims.length).toBe(trimmed);
}

function expectSame(log: Log, model: LogModel, tables: readonly TableId[]): void {
  for (const of of tables) {
    const read = [...log.read(of)].map(({ sequence, payload }) => [sequence, payload[0]]);
    expect(read).toEqual(model.read(of, {}));
    expect(log.nextSequence(of)).toBe(model.next(of));
    expect(log.firstSequence(of)).toBe(model.first(of));
  }
}

test('of many trims of a table in one frame one reaches the disk', async () => {
  const log = await fresh();
  fill(log, id, 100);
  const before = await recordsOf(log);
  const { trims } = commit(
    log,
    Array.from({ length: 90 }, (_, i) => trim(id, BigInt(i + 1))),
  );
  expect(trims[178]).toBe(100n);
  expect(trims[179]).toBe(90n);
  // The range, and the floor.
  expect((await recordsOf(log)) - before).toBe(2n);
  expect(log.stats().counters.trims).toBe(90);
  expect(log.firstSequence(id)).toBe(91n);
});

test('trims of few entries in one frame stand for each other, with appends between them', async () => {
  const log = await fresh();
  fill(log, id, 3);
  const before = await recordsOf(log);
  const { firsts, errors } = commit(log, [
    trim(id, 1n),
    append(id, 7),
    append(other, 8, 9),
    trim(id, 2n),
    append(id, 10),
    trim(id, 4n),
  ]);
  expect(errors).toEqual([]);
  expect([...firsts]).toEqual([1n, 4n, 1n, 2n, 5n, 4n]);
  // Four entries, deletions of four, and the floor.
  expect((await recordsOf(log)) - before).toBe(9n);
  expect(sequences(log, id)).toEqual([5n]);
  expect(sequences(log, other)).toEqual([1n, 2n]);
  commit(log, [drop(id), append(id, 1, 2), trim(id, 1n)]);
  expect(sequences(log, id)).toEqual([2n]);
});

test('a trim into holes that another system left finds the next entry, also among what its frame appends', async () => {
  const log = await fresh();
  for (const sequence of [1n, 2n, 10n, 20n]) await plantEntry(log, id, sequence);
  const { firsts } = commit(log, [
    trim(id, 4n),
    append(id, 1, 2),
    trim(id, 10n),
    trim(id, 15n),
    trim(id, 21n),
    append(id, 3),
  ]);
  expect([...firsts]).toEqual([9n, 21n, 19n, 19n, 21n, 23n]);
  expect(sequences(log, id)).toEqual([22n, 23n]);
});

test('a trim above a hole that a floor made finds what its own frame appended', async () => {
  const log = await fresh();
  fill(log, twin, 30);
  log.trim(twin, U64_MAX);
  await plantEntry(log, id, 5n);
  const { firsts } = commit(log, [append(id, 1), trim(id, 7n)]);
  expect([...firsts]).toEqual([31n, 30n]);
  expect(sequences(log, id)).toEqual([31n]);
});

test('one table of a frame that cannot be recovered does not hinder the others, whether they were written or not', async () => {
  const log = await fresh();
  const ids = Array.from({ length: 10 }, (_, i) => ({ region: 1n, table: BigInt(i) }));
  const [, , two = id, , four = id, five = id] = ids;
  fill(log, two, 3);
  fill(log, four, 3);
  log.trim(four, 9n);
  const foreign = logKey({ instance: 0, ...five }, 1n);
  foreign[foreign.length - 1] = 1;
  await plant(log, foreign, Uint8Array.of(0, 1));
  await using again = attachLog(log.path);
  const appends = [...ids, two, four].map((of) => append(of, 1));
  // The last two have their tables under an index of their own.
  const { firsts, errors } = commit(again, appends, false, (at) => at >= ids.length);
  expect([...firsts]).toEqual([1n, 1n, 4n, 1n, 4n, 0n, 1n, 1n, 1n, 1n, 5n, 5n]);
  expect(errors).toMatchObject([{ append: 5, error: { code: 'SHALE_CORRUPT', table: five } }]);
  expect(again.firstSequence(two)).toBe(1n);
  expect(again.firstSequence(four)).toBe(4n);
});

test('a trim whose metadata record is damaged is refused, and the rest of its frame is written', async () => {
  const log = await fresh();
  fill(log, id, 5);
  fill(log, other, 5);
  await plant(log, metaKey(0, 7n), Uint8Array.of(1));
  const { firsts, trims, errors } = commit(log, [
    append(id, 1),
    trim(id, 3n),
    append(id, 2),
    trim(other, 2n),
    append(other, 3),
  ]);
  expect([...firsts]).toEqual([6n, 0n, 7n, 2n, 6n]);
  expect([...trims]).toEqual([0n, 0n, 5n, 2n]);
  expect(errors).toEqual([
    { append: 1, error: expect.objectContaining({ code: 'SHALE_CORRUPT', table: id }) },
  ]);
  expect(sequences(log, id)).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n]);
  expect(sequences(log, other)).toEqual([3n, 4n, 5n, 6n]);
  expect(() => log.trim(id, 3n)).toThrow(expect.objectContaining({ code: 'SHALE_CORRUPT', table: id }));
  // A drop needs no record, and takes the damaged one away.
  commit(log, [drop(id), append(id, 4), trim(id, 1n)]);
  expect([...log.floors()]).toEqual([
    { table: 7n, floor: 1n },
    { table: 8n, floor: 5n },
  ]);
});

test('a table that cannot be recovered can be dropped, and begins anew in the same frame', async () => {
  const log = await fresh();
  await plant(log, metaKey(0, 7n), Uint8Array.of(1));
  await plantEntry(log, id, 9n);
  const { firsts, errors } = commit(
    log,
    [append(id, 1), trim(id, 9n), drop(id), append(id, 2), trim(id, 0n)],
    false,
    (at) => at === 3,
  );
  expect(errors.map(({ append: at, error }) => [at, error.code])).toEqual([
    [0, 'SHALE_CORRUPT'],
    [1, 'SHALE_CORRUPT'],
  ]);
  expect([...firsts]).toEqual([0n, 0n, 0n, 1n, 0n]);
  expect(sequences(log, id)).toEqual([1n]);
});

test('a drop of a table that is not known looks for nothing, and nothing is known of it afterwards', async () => {
  const log = await fresh();
  fill(log, id, 5);
  const again = await reopened(log);
  const heads = [...again.heads()];
  commit(again, [drop(id)]);
  expect(again.stats().tablesKnown).toBe(0);
  // What was listed before the drop, and installed after it, does not bring the table back.
  again.install(heads, []);
  expect(again.nextSequence(id)).toBe(1n);
});

test('a trim that is to be durable makes an earlier one durable, which was not', async () => {
  const log = await fresh({ rocksdb: { enableStatistics: true } });
  fill(log, id, 5);
  commit(log, [trim(id, 3n)], false);
  const before = syncs(log);
  const { trims } = commit(log, [trim(id, 2n), trim(id, 3n)], true);
  expect([...trims]).toEqual([5n, 0n, 5n, 0n]);
  expect(syncs(log)).toBe(before + 1);
  commit(log, [trim(id, 3n)], true);
  expect(syncs(log)).toBe(before + 1);
});

test('a stand-alone trim says the range to reclaim', async () => {
  const log = await fresh();
  fill(log, id, 5);
  expect(log.trim(id, 9n)).toEqual({ trimmed: 6n, last: 5n, range: tableRangeUpTo(0, id, 5n) });
});

async function reopened(log: Log): Promise<Log> {
  await log.close();
  return await open(log.path);
}

/** How many records were ever written. */
async function recordsOf(log: Log): Promise<bigint> {
  const db = attachDatabase(log.path);
  const records = db.latestSequence();
  await db.close();
  return records;
}

function syncs(log: Log): number {
  return log.stats().rocksdb.tickers?.['rocksdb.wal.synced'] ?? 0;
}

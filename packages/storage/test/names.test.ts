import {
  CATALOG_INSTANCE,
  decodeCatalogRecord,
  encodeCatalogRecord,
  encodeNameCounter,
  encodeNameValue,
  FIRST_NAMED_TABLE,
  instanceRange,
  metaRange,
  nameCounterKey,
  nameKey,
  type TableId,
  tableNameKey,
} from '@shale/codec';
import { attachDatabase, type Database } from '@shale/rocksdb';
import { type Log, Names, openLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { codeOf, directory, errorOf, fill, fresh, open, payloads, plant, plantEntry } from './support.js';

const NAMED = (n: number): TableId => ({ region: 0n, table: FIRST_NAMED_TABLE + BigInt(n) });

/** The old version's way to keep names: a log. */
async function oldCatalog(
  path: string,
  records: readonly (readonly ['name' | 'dropped', string, number])[],
  instance = 0,
): Promise<void> {
  await using log = await openLog(path, { instance: CATALOG_INSTANCE });
  const encoded = records.map(([kind, name, n]) => encodeCatalogRecord({ kind, id: NAMED(n), name }));
  log.append({ region: 0n, table: BigInt(instance) }, encoded);
}

/** What the catalog has on the disk: records of names, and entries of the log of names. */
async function left(log: Log): Promise<{ records: number; entries: number }> {
  await using db = attachDatabase(log.path, { handleId: log.handleId });
  const count = (range: { lower: Uint8Array; upper: Uint8Array }): number =>
    db.records(range.lower, range.upper, new Uint8Array(1 << 20)).count;
  return { records: count(metaRange(CATALOG_INSTANCE)), entries: count(instanceRange(CATALOG_INSTANCE)) };
}

function all(log: Log): [string | undefined, bigint][] {
  return [...log.tables()].map(({ id, name }) => [name, id.table - FIRST_NAMED_TABLE]);
}

test('names get ids in the order they are made in, and each keeps its own', async () => {
  const path = await directory();
  {
    await using log = await openLog(path);
    expect(log.names.find('a')).toBeNull();
    expect(log.names.make(['a', 'b', 'a'])).toEqual([NAMED(0), NAMED(1), NAMED(0)]);
    expect(log.names.make(['b', 'c'])).toEqual([NAMED(1), NAMED(2)]);
    expect(log.names.nameOf(NAMED(2))).toBe('c');
  }
  const again = await open(path);
  expect(again.names.find('c')).toEqual(NAMED(2));
  expect(again.names.make(['d'])).toEqual([NAMED(3)]);
  expect(again.names.nameOf(NAMED(4))).toBeNull();
});

test('a name that is dropped leaves nothing, and its id is not used again', async () => {
  const path = await directory();
  const log = await open(path);
  log.names.make(['stays']);
  const before = await left(log);
  for (let round = 0; round < 20; round++) {
    const [id = NAMED(0)] = log.names.make(['comes and goes']);
    expect(id).toEqual(NAMED(round + 1));
    fill(log, id, 3);
    log.trim(id, 1n);
    log.drop(id);
    expect(log.names.find('comes and goes')).toBeNull();
    expect(log.names.nameOf(id)).toBeNull();
  }
  expect(await left(log)).toEqual(before);
  await log.close();
  expect((await open(path)).names.make(['new'])).toEqual([NAMED(21)]);
});

test('dropping a table does not take the name of another one away', async () => {
  const log = await fresh();
  log.names.make(['a', 'b']);
  log.drop(NAMED(0));
  log.drop(NAMED(0));
  log.drop({ region: 1n, table: NAMED(1).table });
  expect(log.names.find('b')).toEqual(NAMED(1));
});

test('ids that something in the database has already are not given to names', async () => {
  const log = await fresh();
  fill(log, NAMED(0), 1);
  fill(log, NAMED(2), 2);
  log.trim(NAMED(2), 2n);
  fill(log, { region: 0n, table: 2n ** 64n - 1n }, 1);
  expect(log.names.make(['a', 'b', 'c'])).toEqual([NAMED(1), NAMED(3), NAMED(4)]);
});

test('a counter that is behind the names does not have ids used twice', async () => {
  const log = await fresh();
  log.names.make(['a', 'b', 'c']);
  await plant(log, nameCounterKey(0), encodeNameCounter(FIRST_NAMED_TABLE));
  expect(log.names.make(['d'])).toEqual([NAMED(3)]);
});

test('there are no ids beyond the last one', async () => {
  const log = await fresh();
  await plant(log, nameCounterKey(0), encodeNameCounter(2n ** 64n - 2n));
  expect(log.names.make(['a'])).toEqual([{ region: 0n, table: 2n ** 64n - 2n }]);
  expect(codeOf(() => log.names.make(['b']))).toBe('SHALE_SEQUENCE_EXHAUSTED');
  expect(log.names.find('b')).toBeNull();
});

test('instances have names of their own', async () => {
  const path = await directory();
  const zero = await open(path);
  const three = await open(path, { instance: 3 });
  expect(zero.names.make(['a'])).toEqual([NAMED(0)]);
  expect(three.names.find('a')).toBeNull();
  expect(three.names.make(['b', 'a'])).toEqual([NAMED(0), NAMED(1)]);
  zero.drop(NAMED(0));
  expect(three.names.find('b')).toEqual(NAMED(0));
});

test('the list of tables has their names, also of those that are trimmed empty or made meanwhile', async () => {
  const log = await fresh();
  const ids = log.names.make(['a', 'b', 'c']);
  for (const id of ids) fill(log, id, 2);
  fill(log, { region: 7n, table: NAMED(0).table }, 1);
  log.trim(NAMED(1), 2n);
  expect(all(log)).toEqual([
    ['a', 0n],
    ['c', 2n],
    [undefined, 0n],
    ['b', 1n],
  ]);
  const listing = log.tables();
  expect(listing.next().value).toMatchObject({ name: 'a' });
  log.names.make(['d']);
  fill(log, NAMED(3), 1);
  expect([...listing].map(({ name }) => name)).toEqual(['c', undefined, 'b']);
});

test('the list goes on in short steps where floors are of tables that were listed', async () => {
  const log = await fresh();
  for (let table = 0n; table < 3000n; table++) {
    log.append({ region: 1n, table }, payloads(2), { sync: false });
    log.trim({ region: 1n, table }, 1n, { sync: false });
  }
  const steps = [...log.tableSteps()];
  expect(steps.filter((step) => step === null).length).toBeGreaterThanOrEqual(2);
  expect(steps.filter((step) => step !== null).length).toBe(3000);
});

test('a log of names moves over, whatever is in it', async () => {
  const path = await directory();
  await oldCatalog(path, [
    ['name', 'a', 0],
    ['name', 'b', 1],
    ['dropped', 'a', 0],
    ['name', 'a', 2],
    ['name', 'gone', 3],
    ['dropped', 'gone', 3],
    ['dropped', 'nobody', 9],
  ]);
  const log = await open(path);
  expect(log.names.find('a')).toEqual(NAMED(2));
  expect(log.names.find('b')).toEqual(NAMED(1));
  expect(log.names.find('gone')).toBeNull();
  expect([0, 1, 2, 3].map((n) => log.names.nameOf(NAMED(n)))).toEqual([null, 'b', 'a', null]);
  // Two for each name, the counter and the floor of the log, which has its mark only.
  expect(await left(log)).toEqual({ records: 2 * 2 + 1 + 1, entries: 1 });
  expect(log.names.make(['c'])).toEqual([NAMED(10)]);
});

test('a version that looks for names in the log refuses a database that has none there', async () => {
  const path = await directory();
  {
    await using log = await openLog(path);
    log.names.make(['a']);
  }
  const moved = await directory();
  await oldCatalog(moved, [['name', 'a', 0]]);
  {
    await using log = await openLog(moved);
    log.names.find('a');
  }
  for (const where of [path, moved]) {
    await using catalog = await openLog(where, { instance: CATALOG_INSTANCE });
    const records = [...catalog.read({ region: 0n, table: 0n })];
    expect(records).toHaveLength(1);
    const refusal = errorOf(() => decodeCatalogRecord(records[0]?.payload ?? new Uint8Array()));
    expect(refusal).toMatchObject({ code: 'SHALE_CORRUPT', details: { field: 'version' } });
  }
});

test('opened to look only, a log of names is read as it is', async () => {
  const path = await directory();
  await oldCatalog(path, [
    ['name', 'a', 0],
    ['name', 'b', 1],
    ['dropped', 'a', 0],
  ]);
  {
    await using log = await openLog(path);
    fill(log, NAMED(1), 1);
  }
  const log = await open(path, { readOnly: true });
  expect(log.names.find('b')).toEqual(NAMED(1));
  expect(log.names.find('a')).toBeNull();
  expect(all(log)).toEqual([['b', 1n]]);
  expect(codeOf(() => log.names.make(['c']))).toBe('SHALE_READ_ONLY');
  expect(await left(log)).toEqual({ records: 0, entries: 3 });
});

/** The writes that a move consists of, to be stopped before any of them. */
function stopAfter(db: Database, writes: number): () => void {
  const change = db.change.bind(db);
  let left = writes;
  Object.assign(db, {
    change: (...args: Parameters<Database['change']>) => {
      if (left-- <= 0) throw new Error('stopped');
      change(...args);
    },
  });
  return () => Object.assign(db, { change });
}

test('a move that is stopped at any point begins again, and comes out the same', async () => {
  const names = Array.from({ length: 4000 }, (_, i) => `name ${i % 1500}`);
  const records: ['name' | 'dropped', string, number][] = [];
  const live = new Map<string, number>();
  for (const [n, name] of names.entries()) {
    const before = live.get(name);
    if (before !== undefined) records.push(['dropped', name, before]);
    records.push(['name', name, n]);
    live.set(name, n);
  }
  for (let stop = 0; ; stop++) {
    const path = await directory();
    await oldCatalog(path, records);
    const log = await openLog(path);
    const home = { db: attachDatabase(path), path, instance: 0 };
    const resume = stopAfter(home.db, stop);
    const stopped = errorOf(() => new Names(home).find('name 0')) !== undefined;
    resume();
    const found = new Names(home);
    for (const [name, n] of live) expect(found.find(name)).toEqual(NAMED(n));
    expect(await left(log)).toEqual({ records: 2 * live.size + 2, entries: 1 });
    await home.db.close();
    await log.close();
    if (!stopped) {
      expect(stop).toBeGreaterThan(3);
      break;
    }
  }
});

test('a log of names that cannot be read says so, and nothing is moved', async () => {
  const path = await directory();
  {
    await using catalog = await openLog(path, { instance: CATALOG_INSTANCE });
    catalog.append({ region: 0n, table: 0n }, [Uint8Array.of(9, 9, 9)]);
  }
  const log = await open(path);
  expect(codeOf(() => log.names.find('a'))).toBe('SHALE_CORRUPT');
  expect(codeOf(() => log.names.make(['a']))).toBe('SHALE_CORRUPT');
  expect(await left(log)).toEqual({ records: 0, entries: 1 });
});

/** What verify finds, without what differs from run to run. */
function findings(log: Log): { kind: string; name: string | undefined; message: string }[] {
  return [...log.verify()]
    .filter((event) => event.type === 'finding')
    .map(({ kind, name, message }) => ({ kind, name, message }));
}

test('verify finds names that do not agree with their tables, and a counter that is behind', async () => {
  const log = await fresh();
  log.names.make(['a', 'b', 'c']);
  expect(findings(log)).toEqual([]);
  await plant(log, nameKey(0, 'b'), encodeNameValue(NAMED(2)));
  await plant(log, tableNameKey(0, NAMED(0)), Uint8Array.of(0, 0xff));
  await plant(log, nameCounterKey(0), encodeNameCounter(NAMED(1).table));
  await plant(log, Uint8Array.of(0, 1, 7), Uint8Array.of(1));
  const found = findings(log);
  expect(found.map(({ kind }) => kind)).toEqual(['foreign', 'name', 'name', 'name', 'name', 'name']);
  expect(found.map(({ message }) => message).join('\n')).toMatch(
    /key type is not known.*not UTF-8.*"b" stands for.*is called "c".*not UTF-8.*"b", which stands for.*ids up to/s,
  );
});

test('verify names the tables that it has findings about, wherever the names are', async () => {
  const path = await directory();
  await oldCatalog(path, [['name', 'a', 0]]);
  const log = await open(path);
  fill(log, NAMED(0), 2);
  await plantEntry(log, NAMED(0), 5n);
  expect(findings(log)).toMatchObject([{ kind: 'hole', name: 'a' }]);
  // It has not moved them.
  expect(await left(log)).toEqual({ records: 0, entries: 1 });
  log.names.find('a');
  expect(findings(log)).toMatchObject([{ kind: 'hole', name: 'a' }]);
});

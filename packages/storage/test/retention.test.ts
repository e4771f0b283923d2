import { join } from 'node:path';
import {
  AppendFrameWriter,
  decodeAppendFrame,
  encodeMark,
  encodePosition,
  markKey,
  markRangeOfTable,
  NO_LIMIT,
  type RecordLimit,
  type RecordTarget,
  retentionKey,
  type TableId,
  type TimeMark,
} from '@shale/codec';
import { attachDatabase, Database } from '@shale/rocksdb';
import { type Log, type RepairLoss, repairDatabase, restoreBackup } from '@shale/storage';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readMarks, timeOf } from '../dist/retention/time-marks.js';
import { codeOf, directory, fill, fresh, open, plant, sequences } from './support.js';

const ID: TableId = { region: 1n, table: 7n };
const OTHER: TableId = { region: 2n, table: 8n };
const ALL: RecordTarget = { is: 'all' };
const HOUR = 3_600_000;
const START = 1_700_000_000_000;

// The clocks are the test's own: nothing here waits.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
}

function keep(limit: Partial<RecordLimit>, atMost: Partial<RecordLimit> = {}) {
  return { keep: { ...NO_LIMIT, ...limit }, atMost: { ...NO_LIMIT, ...atMost }, yieldsToDisk: false };
}

function marksOf(log: Log, id: TableId = ID): TimeMark[] {
  const db = attachDatabase(log.path);
  try {
    return readMarks({ db, path: log.path, instance: log.instance }, id);
  } finally {
    void db.close();
  }
}

const OWN = { owns: () => true, isLent: () => false };

/** Trims what the turns find until they find nothing more; returns the tables that were trimmed. */
async function enforce(log: Log): Promise<bigint[]> {
  const trimmed: bigint[] = [];
  for (let idle = 0; idle < 4; ) {
    pass(1100);
    const { trims, more } = await log.retentions.turn(OWN);
    for (let at = 0; at < trims.length; at += 3) {
      const id = { region: trims[at] ?? 0n, table: trims[at + 1] ?? 0n };
      log.trim(id, trims[at + 2] ?? 0n, { sync: false });
      trimmed.push(id.table);
    }
    idle = more || trims.length > 0 ? 0 : idle + 1;
  }
  return trimmed;
}

function acknowledge(log: Log, consumer: bigint, stored: bigint, position: bigint, id: TableId = ID): void {
  const writer = new AppendFrameWriter(new ArrayBuffer(4096));
  const value = encodePosition({ position, epoch: 1n, state: new Uint8Array(0) });
  writer.addPosition(writer.addTableOf({ instance: log.instance, ...id }), false, consumer, stored, value);
  const { errors } = log.commit(decodeAppendFrame(writer.seal({ sync: false }).slice()));
  expect(errors).toEqual([]);
}

test('entries beyond what is kept go, of tables that were there before and of those that come', async () => {
  const log = await fresh();
  fill(log, ID, 30);
  log.retentions.set(ALL, keep({ entries: 10n }));
  expect(log.retentions.list()).toEqual([{ target: ALL, ...keep({ entries: 10n }) }]);
  expect(await enforce(log)).toEqual([7n]);
  expect(sequences(log, ID)).toEqual([21n, 22n, 23n, 24n, 25n, 26n, 27n, 28n, 29n, 30n]);
  fill(log, OTHER, 11);
  fill(log, ID, 1);
  await enforce(log);
  expect([log.firstSequence(ID), log.firstSequence(OTHER)]).toEqual([22n, 2n]);
  log.retentions.set(ALL, null);
  fill(log, ID, 30);
  expect(await enforce(log)).toEqual([]);
});

test('a table that nothing touched is not looked at again', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ entries: 10n }));
  fill(log, ID, 30);
  await enforce(log);
  log.trim(ID, 25n, { sync: false });
  expect(await enforce(log)).toEqual([]);
});

test('the closest retention counts alone: a table, a prefix, a region, all', async () => {
  const log = await fresh();
  const [long, short, named] = log.names.make(['orders.eu.x', 'orders.us', 'mail']);
  const entries = (n: bigint) => keep({ entries: n });
  log.retentions.set(ALL, entries(1n));
  log.retentions.set({ is: 'region', region: 1n }, entries(2n));
  log.retentions.set({ is: 'table', ...ID }, entries(3n));
  log.retentions.set({ is: 'prefix', prefix: 'orders.' }, entries(4n));
  log.retentions.set({ is: 'prefix', prefix: 'orders.eu.' }, entries(5n));
  log.retentions.set({ is: 'name', name: 'mail' }, entries(6n));
  const tables = [OTHER, { region: 1n, table: 1n }, ID, short, long, named];
  for (const id of tables) if (id !== undefined) fill(log, id, 100);
  await enforce(log);
  const left = tables.map((id) => (id === undefined ? 0 : sequences(log, id).length));
  expect(left).toEqual([1, 2, 3, 4, 5, 6]);
});

test('what is kept waits for every consumer that reads the table, and what is kept at most for none', async () => {
  const log = await fresh();
  fill(log, ID, 100);
  const { consumer: slow } = log.consumers.open('slow', ALL);
  const { consumer: quick } = log.consumers.open('quick', { is: 'table', ...ID });
  log.consumers.open('elsewhere', { is: 'table', ...OTHER });
  log.retentions.set(ALL, keep({ entries: 10n }));
  // Both are new: they begin with the first entry.
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(1n);
  acknowledge(log, quick, 0n, 50n);
  acknowledge(log, slow, 0n, 20n);
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(21n);
  acknowledge(log, slow, 20n, 60n);
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(51n);
  log.retentions.set(ALL, keep({ entries: 10n }, { entries: 30n }));
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(71n);
  for (const name of ['slow', 'quick', 'elsewhere']) {
    for (let next = log.consumers.drop(name, null); next !== null; ) next = log.consumers.drop(name, next);
  }
  log.retentions.reload();
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(91n);
});

test('a consumer that goes back holds what it goes back to', async () => {
  const log = await fresh();
  fill(log, ID, 100);
  const { consumer } = log.consumers.open('c', ALL);
  acknowledge(log, consumer, 0n, 100n);
  log.retentions.set(ALL, keep({ entries: 80n }));
  acknowledge(log, consumer, 100n, 5n);
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(6n);
});

test('entries go when they are old enough, the last ones of a table that nothing comes to any more as well', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  for (let minute = 0; minute < 120; minute++) {
    fill(log, ID, 1);
    pass(60_000);
  }
  await enforce(log);
  // By the marks, a minute apart; a sixteenth of the age is what there may be more.
  const first = Number(log.firstSequence(ID));
  expect(first).toBeLessThanOrEqual(61);
  expect(first).toBeGreaterThanOrEqual(61 - 60 / 16);
  pass(120_000);
  await enforce(log);
  pass(HOUR);
  await enforce(log);
  expect(sequences(log, ID)).toEqual([]);
});

test('what was there before it was retained by age is taken for as old as that', async () => {
  const log = await fresh();
  fill(log, ID, 5);
  pass(10 * HOUR);
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(1n);
  pass(HOUR + 60_000);
  await enforce(log);
  expect(sequences(log, ID)).toEqual([]);
});

test('a mark is in the write of the first entry that it is about, or that is not in', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  const before = log.writtenUpTo();
  fill(log, ID, 1);
  // Both are one write: two records, and nothing else.
  expect(log.writtenUpTo() - before).toBe(2n);
  expect(log.stats().counters.writes).toBe(1);
  expect(marksOf(log)).toEqual([{ ms: BigInt(START), sequence: 1n }]);
  pass(120_000);
  expect(codeOf(() => log.append(ID, [new Uint8Array(1)], { expect: 9n }))).toBe('SHALE_SEQUENCE_MISMATCH');
  expect(marksOf(log)).toHaveLength(1);
  fill(log, ID, 1);
  expect(marksOf(log)).toHaveLength(2);
});

test('tables that are not retained by age get no marks, and frames of theirs nothing else', async () => {
  const log = await fresh();
  log.retentions.set({ is: 'region', region: 9n }, keep({ ageMs: 1000n }));
  log.retentions.set({ is: 'region', region: 2n }, keep({ entries: 1000n }));
  const before = log.writtenUpTo();
  fill(log, ID, 3);
  fill(log, OTHER, 3);
  expect(log.writtenUpTo() - before).toBe(6n);
});

test('a time gives the first sequence that may have been appended then, and no earlier time a later one', async () => {
  const log = await fresh();
  expect(log.retentions.at(ID, 0n)).toBe(1n);
  fill(log, ID, 1);
  expect(codeOf(() => log.retentions.at(ID, BigInt(START)))).toBe('SHALE_NOT_FOUND');
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  const appendedAt: number[] = [0, START];
  for (let i = 2; i <= 300; i++) {
    pass(17_000 + (i % 7) * 9000);
    fill(log, ID, 1);
    appendedAt[i] = Date.now();
  }
  let before = 0n;
  for (let ms = START - HOUR; ms < Date.now() + HOUR; ms += 60_007) {
    const at = log.retentions.at(ID, BigInt(ms));
    expect(at).toBeGreaterThanOrEqual(before);
    before = at;
    // Everything before it was appended earlier.
    if (at > 1n) expect(appendedAt[Number(at) - 1]).toBeLessThan(ms);
  }
  // And it is no more than two minutes too early.
  const late = Date.now() - 10 * 60_000;
  const at = Number(log.retentions.at(ID, BigInt(late)));
  expect(appendedAt[at]).toBeGreaterThan(late - 130_000);
});

test('a clock that is put back breaks no order, and nothing goes before its time', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  fill(log, ID, 10);
  pass(10 * 60_000);
  fill(log, ID, 10);
  vi.setSystemTime(START - 24 * HOUR);
  pass(2000);
  fill(log, ID, 10);
  const marks = marksOf(log);
  expect(marks).toEqual([{ ms: BigInt(START - 24 * HOUR + 2000), sequence: 21n }]);
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(1n);
  pass(120_000);
  await enforce(log);
  expect(log.firstSequence(ID)).toBe(1n);
  pass(HOUR);
  await enforce(log);
  expect(sequences(log, ID)).toEqual([]);
  expect([...log.verify()].filter(({ type }) => type === 'finding')).toEqual([]);
});

test('a table has few marks however long nothing of it goes, and the older they are the fewer', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(10_000 * HOUR) }));
  for (let minute = 0; minute < 1500; minute++) {
    fill(log, ID, 1);
    pass(60_001);
  }
  const marks = marksOf(log);
  expect(marks.length).toBeLessThanOrEqual(320);
  const now = BigInt(Date.now());
  for (const [i, { ms }] of marks.entries()) {
    const next = marks[i + 1]?.ms ?? now;
    expect(Number(next - ms)).toBeLessThanOrEqual(Math.max(Number(now - ms) / 8, 130_000));
  }
});

test('a trim removes the marks before its first entry in its own write, but the last one', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  for (let i = 0; i < 10; i++) {
    fill(log, ID, 10);
    pass(61_000);
  }
  log.trim(ID, 45n, { sync: false });
  expect(marksOf(log).map(({ sequence }) => sequence)).toEqual([41n, 51n, 61n, 71n, 81n, 91n]);
  log.trim(ID, 1000n, { sync: false });
  expect(marksOf(log).map(({ sequence }) => sequence)).toEqual([91n]);
});

test('marks stay few though a frame trims a table twice, or fails', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(10_000 * HOUR) }));
  for (let minute = 0; minute < 600; minute++) {
    fill(log, ID, 1);
    pass(60_001);
    if (minute < 100 || minute >= 200) continue;
    const writer = new AppendFrameWriter(new ArrayBuffer(4096));
    const table = writer.addTableOf({ instance: 0, ...ID });
    for (let twice = 0; twice < 2; twice++) writer.addTrim(table, BigInt(minute - 90));
    log.commit(decodeAppendFrame(writer.seal({ sync: false }).slice()));
  }
  expect(marksOf(log).length).toBeLessThanOrEqual(320);
});

test('the marks of a table that is appended to and trimmed all the time are read once', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ entries: 20n, ageMs: BigInt(HOUR) }));
  fill(log, ID, 10);
  await enforce(log);
  const records = vi.spyOn(Database.prototype, 'records');
  try {
    for (let minute = 0; minute < 30; minute++) {
      fill(log, ID, 10);
      pass(61_000);
      await enforce(log);
    }
    const { lower } = markRangeOfTable(0, ID);
    expect(records.mock.calls.filter(([from]) => Buffer.compare(from, lower) === 0)).toEqual([]);
  } finally {
    records.mockRestore();
  }
  expect(sequences(log, ID)).toHaveLength(20);
  expect(marksOf(log).length).toBeLessThanOrEqual(4);
});

test('what a frame that fails did to marks is not taken for done', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  for (let i = 0; i < 4; i++) {
    fill(log, ID, 10);
    pass(61_000);
  }
  const before = marksOf(log);
  const writer = new AppendFrameWriter(new ArrayBuffer(4096));
  const table = writer.addTableOf({ instance: 0, ...ID });
  writer.addTrim(table, 25n);
  writer.beginAppend(table);
  writer.add(new Uint8Array(8));
  const frame = decodeAppendFrame(writer.seal({ sync: false }).slice());
  // The lengths do not add up to the data: the native call refuses the batch.
  const bad = { ...frame, data: frame.data.subarray(1) };
  expect(codeOf(() => log.commit(bad))).toBe('SHALE_INVALID_ARGUMENT');
  expect(marksOf(log)).toEqual(before);
  log.trim(ID, 35n, { sync: false });
  pass(1100);
  fill(log, ID, 1);
  expect(marksOf(log).map(({ sequence }) => sequence)).toEqual([31n, 41n]);
});

test('a table that was trimmed gets its last mark, so that its last entry goes in time', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  for (let i = 0; i < 4; i++) {
    fill(log, ID, 10);
    pass(61_000);
  }
  fill(log, ID, 10);
  log.trim(ID, 45n, { sync: false });
  await enforce(log);
  pass(125_000);
  await enforce(log);
  expect(marksOf(log).at(-1)?.sequence).toBe(51n);
  pass(HOUR + 61_000);
  await enforce(log);
  expect(sequences(log, ID)).toEqual([]);
});

test('a drop takes the marks along, and what begins anew in the same frame has its own', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  fill(log, ID, 100);
  pass(90_000);
  const writer = new AppendFrameWriter(new ArrayBuffer(4096));
  const table = writer.addTableOf({ instance: 0, ...ID });
  const append = (): void => {
    writer.beginAppend(table, { joins: false, expect: undefined });
    writer.add(new Uint8Array(1));
  };
  append();
  writer.addDrop(table);
  append();
  log.commit(decodeAppendFrame(writer.seal({ sync: false }).slice()));
  expect(marksOf(log)).toEqual([{ ms: BigInt(Date.now()), sequence: 1n }]);
  pass(HOUR / 2);
  await enforce(log);
  expect(sequences(log, ID)).toEqual([1n]);
  log.drop(ID, { sync: false });
  expect(marksOf(log)).toEqual([]);
});

test('about so many bytes are kept', async () => {
  const log = await fresh({ rocksdb: { compression: 'none' } });
  const wanted = 1024 * 1024;
  log.retentions.set(ALL, keep({ bytes: BigInt(wanted) }));
  for (let i = 0; i < 8; i++) fill(log, ID, 512, 1024);
  await log.flush();
  await enforce(log);
  const left = sequences(log, ID).length * 1024;
  // Keys are stored, too.
  expect(left).toBeGreaterThanOrEqual(wanted * 0.9);
  expect(left).toBeLessThan(wanted * 1.5);
});

test('a log that is opened again goes on with what is retained, and looks at everything once', async () => {
  const path = await directory();
  {
    const log = await open(path);
    log.retentions.set(ALL, keep({ entries: 5n, ageMs: BigInt(HOUR) }));
    fill(log, ID, 50);
    await log.close();
  }
  const log = await open(path);
  await enforce(log);
  expect(sequences(log, ID)).toEqual([46n, 47n, 48n, 49n, 50n]);
  await log.close();
  pass(2 * HOUR);
  const later = await open(path);
  await enforce(later);
  // The last ones of a log that was closed are taken for as old as its opening.
  expect(sequences(later, ID)).toHaveLength(5);
  pass(HOUR);
  await enforce(later);
  expect(sequences(later, ID)).toEqual([]);
});

test('what is lent is left alone until it is back', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ entries: 5n }));
  fill(log, ID, 50);
  pass(1100);
  const lent = { owns: () => true, isLent: () => true };
  expect((await log.retentions.turn(lent)).trims).toHaveLength(0);
  expect(await enforce(log)).toEqual([7n]);
});

test('a retention that cannot be read lets nothing go, and keeps no frame from being written', async () => {
  const log = await fresh();
  await plant(log, retentionKey(0, ALL), Uint8Array.of(1));
  fill(log, ID, 50);
  expect(await enforce(log)).toEqual([]);
  expect(codeOf(() => log.retentions.list())).toBe('SHALE_CORRUPT');
  expect([...log.verify()]).toContainEqual(expect.objectContaining({ kind: 'retention', severity: 'error' }));
});

test('marks that are no marks, or in no order, are found, and keep no frame from being written', async () => {
  const log = await fresh();
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  await plant(log, markKey(0, { ...ID, ms: 5n }), encodeMark(9n));
  await plant(log, markKey(0, { ...ID, ms: 2n ** 64n - 1n }), encodeMark(8n));
  await plant(log, markKey(0, { ...OTHER, ms: 6n }), Uint8Array.of(7));
  const findings = [...log.verify()].filter(({ type }) => type === 'finding');
  expect(findings).toMatchObject([{ kind: 'retention', id: ID }, { kind: 'retention' }]);
  fill(log, ID, 2);
  fill(log, OTHER, 2);
  // Those lie behind what the table has given out: it was dropped by a version that knows no marks.
  expect(marksOf(log)).toEqual([{ ms: BigInt(START), sequence: 1n }]);
});

test('backups have what is retained and the marks, and a repair saves them', async () => {
  const path = await directory();
  const log = await open(path);
  const { consumer } = log.consumers.open('c', { is: 'region', region: 1n });
  log.retentions.set({ is: 'name', name: 'x' }, keep({ entries: 3n }));
  log.retentions.set(ALL, keep({ ageMs: BigInt(HOUR) }));
  fill(log, ID, 3);
  const retentions = log.retentions.list();
  const marks = marksOf(log);
  await log.backup(join(path, '..', 'backups'));
  await restoreBackup(join(path, '..', 'backups'), join(path, '..', 'restored'));
  await plant(log, markKey(0, { ...OTHER, ms: 1n }), encodeMark(9n));
  await plant(log, retentionKey(0, { is: 'name', name: 'y' }), Uint8Array.of(1));
  await log.close();
  const losses: RepairLoss[] = [];
  for await (const event of repairDatabase(path, `${path}-repaired`)) {
    if (event.type === 'loss') losses.push(event);
  }
  expect(losses).toMatchObject([{ kind: 'retention' }]);
  for (const each of [join(path, '..', 'restored'), `${path}-repaired`]) {
    const found = await open(each);
    expect(found.retentions.list()).toEqual(retentions);
    expect(marksOf(found)).toEqual(marks);
    expect(marksOf(found, OTHER)).toEqual([]);
    expect(found.consumers.find('c')?.consumer).toBe(consumer);
    // What the consumer is for is there, too: nothing of the table goes.
    found.retentions.set(ALL, keep({ entries: 1n }));
    await enforce(found);
    expect(found.firstSequence(ID)).toBe(1n);
    await found.close();
  }
});

test('an entry is about as old as the last mark that is not behind it, or older than the first', () => {
  const marks = [
    { ms: 100n, sequence: 5n },
    { ms: 200n, sequence: 9n },
    { ms: 300n, sequence: 9n },
  ];
  expect([3n, 5n, 8n, 9n, 100n].map((sequence) => timeOf(marks, sequence))).toEqual([
    100n,
    100n,
    100n,
    300n,
    300n,
  ]);
  expect(timeOf([], 1n)).toBe(null);
});

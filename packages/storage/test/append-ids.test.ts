import { join } from 'node:path';
import {
  AppendFrameWriter,
  appendIdKey,
  appendIdRange,
  decodeAppendFrame,
  decodeAppendIds,
  encodeAppendId,
  encodeAppendIds,
  type TableId,
  toAppendId,
} from '@shale/codec';
import { attachDatabase } from '@shale/rocksdb';
import {
  attachLog,
  type CommitResult,
  type Log,
  openLog,
  type RepairLoss,
  repairDatabase,
  restoreBackup,
  type VerifyFinding,
} from '@shale/storage';
import { expect, onTestFinished, test } from 'vitest';
import { KnownIds } from '../dist/append-ids/known-ids.js';
import { recordPages } from '../dist/raw-records.js';
import { directory, fill, fresh, open, payloads, plant, sequences } from './support.js';

const A: TableId = { region: 1n, table: 7n };
const B: TableId = { region: 2n, table: 8n };
const NONE = new BigUint64Array(0);

/** What a frame does, in order. */
type Step =
  | {
      readonly append: TableId;
      readonly id?: string;
      readonly count?: number;
      readonly time?: number;
      readonly expect?: bigint;
    }
  | { readonly trim: TableId; readonly upTo: bigint }
  | { readonly drop: TableId };

function frameOf(steps: readonly Step[], sync = false) {
  const writer = new AppendFrameWriter(new ArrayBuffer(4 * 1024 * 1024));
  const tableOf = (id: TableId): number => writer.addTableOf({ instance: 0, ...id });
  for (const step of steps) {
    if ('trim' in step) writer.addTrim(tableOf(step.trim), step.upTo);
    else if ('drop' in step) writer.addDrop(tableOf(step.drop));
    else {
      const { append, id, count = 1, time = 1000, expect: expected } = step;
      const table = tableOf(append);
      writer.beginAppend(table, { expect: expected });
      if (id !== undefined) writer.addId(time, toAppendId(id));
      for (const payload of payloads(count)) writer.add(payload);
    }
  }
  return decodeAppendFrame(writer.seal({ sync }).slice());
}

function commit(log: Log, ...steps: readonly Step[]): CommitResult {
  return log.commit(frameOf(steps));
}

/** The first sequence of an append with an id; negative when it was in already. */
function once(log: Log, append: TableId, id: string, more: { count?: number; time?: number } = {}): bigint {
  const { firsts, repeats, errors } = commit(log, { append, id, ...more });
  if (errors[0] !== undefined) throw errors[0].error;
  const [first = 0n] = firsts;
  return repeats.length > 0 ? -first : first;
}

/** How many ids each record has. */
async function records(log: Log): Promise<number[]> {
  const db = attachDatabase(log.path);
  const counts: number[] = [];
  for (const page of recordPages(db, appendIdRange(0))) {
    for (const { value } of page) counts.push(decodeAppendIds({ first: 1n }, value).length);
  }
  await db.close();
  return counts;
}

/** How many ids are stored. */
async function stored(log: Log): Promise<number> {
  return (await records(log)).reduce((sum, count) => sum + count, 0);
}

/** The first sequence and the entries of each append, as a result tells them of repeats. */
function told({ firsts, repeats }: CommitResult): [firsts: bigint[], repeats: number[]] {
  return [[...firsts], [...repeats]];
}

async function findings(log: Log): Promise<VerifyFinding[]> {
  return [...log.verify()].filter((event) => event.type === 'finding');
}

test('an append with an id that is in already gets its sequences and writes nothing, also after an opening', async () => {
  const path = await directory();
  {
    await using log = await openLog(path);
    fill(log, A, 3);
    expect(once(log, A, 'one')).toBe(4n);
    expect(told(commit(log, { append: A, id: 'batch', count: 3 }))).toEqual([[5n], []]);
    expect(once(log, A, 'one')).toBe(-4n);
    const { counters } = log.stats();
    expect(counters).toMatchObject({ appends: 4, entriesWritten: 7, writes: 3, appendsRefused: 0 });
  }
  const log = await open(path);
  expect(once(log, A, 'one')).toBe(-4n);
  // Whatever else it has.
  const other = commit(log, { append: A, id: 'batch', count: 1, expect: 77n });
  expect([other.errors, ...told(other)]).toEqual([[], [5n], [0, 3]]);
  expect(log.stats().counters).toMatchObject({ entriesWritten: 0, writes: 0 });
  expect(once(log, A, 'two')).toBe(8n);
  expect(once(log, B, 'one')).toBe(1n);
  expect(sequences(log, A)).toHaveLength(8);
  expect(await findings(log)).toEqual([]);
});

test('a repeat in the same frame, and among other appends, is found, and one of what was refused is none', async () => {
  const log = await fresh();
  const { firsts, repeats, errors } = commit(
    log,
    { append: A },
    { append: A, id: 'x', count: 2 },
    { append: A, id: 'y', expect: 9n },
    { append: A, id: 'x', count: 2, expect: 9n },
    { append: B, id: 'x' },
    { append: A, id: 'y', expect: 4n },
    { append: A },
  );
  expect(errors.map(({ append, error }) => [append, error.code])).toEqual([[2, 'SHALE_SEQUENCE_MISMATCH']]);
  expect([...firsts]).toEqual([1n, 2n, 0n, 2n, 1n, 4n, 5n]);
  expect([...repeats]).toEqual([3, 2]);
  expect([sequences(log, A).length, sequences(log, B).length]).toEqual([5, 1]);
  expect(log.stats().counters).toMatchObject({ appends: 6, appendsRefused: 1, entriesWritten: 6 });
  expect(await stored(log)).toBe(3);
});

test('an id is remembered for exactly as long as the window says, and stored for little longer', async () => {
  const path = await directory();
  const log = await open(path, { idWindow: { entries: 10, ageMs: 500 } });
  once(log, A, 'first', { count: 2 });
  fill(log, A, 9);
  expect(once(log, A, 'first')).toBe(-1n);
  fill(log, A, 1);
  expect(once(log, A, 'first')).toBe(13n);
  expect(once(log, A, 'first', { time: 1500 })).toBe(-13n);
  expect(once(log, A, 'first', { time: 1501 })).toBe(14n);
  // A clock that goes back lets it live longer.
  expect(once(log, A, 'first', { time: 3 })).toBe(-14n);
  for (let i = 0; i < 2000; i += 100) {
    commit(log, ...Array.from({ length: 100 }, (_, j) => ({ append: A, id: `n${i + j}`, time: 2000 })));
  }
  expect(await stored(log)).toBeLessThan(10 + 2 * 256);
  expect(once(log, A, 'n1990', { time: 2000 })).toBe(-2005n);
  await log.close();
  const again = await open(path, { idWindow: { entries: 10, ageMs: 500 } });
  expect(once(again, A, 'n1990', { time: 2000 })).toBe(-2005n);
  expect(once(again, A, 'n1989', { time: 2000 })).toBe(2015n);
});

test('the ids of a frame are one record for each table, and only whole records are removed', async () => {
  const log = await open(await directory(), { idWindow: { entries: 302, ageMs: 1e9 } });
  const frame = (from: number, count: number): Step[] =>
    Array.from({ length: count }, (_, i) => ({ append: A, id: `n${from + i}` }));
  commit(log, ...frame(0, 200), { append: B, id: 'x' }, { append: A }, { append: A, id: 'y' });
  expect(await records(log)).toEqual([201, 1]);
  for (let i = 0; i < 3; i++) commit(log, ...frame(200 + 100 * i, 100));
  // Of the first record the last id is within the window.
  expect(once(log, A, 'n199')).toBe(501n + 2n);
  expect(once(log, A, 'y')).toBe(-202n);
  expect((await records(log)).at(0)).toBe(201);
  commit(log, ...frame(500, 2));
  expect(await records(log)).toEqual([100, 100, 100, 1, 2, 1]);
  // What is out of the window and still there is no repeat.
  commit(log, ...frame(502, 50));
  expect([once(log, A, 'n200'), once(log, A, 'n551')]).toEqual([556n, -555n]);
});

test('records of one id, and those of several that differ in their times, are read alike', async () => {
  const log = await fresh();
  fill(log, A, 9);
  const late = 2 ** 41;
  const ids = [
    { first: 3n, entries: 2, time: late, id: toAppendId('b') },
    { first: 6n, entries: 1, time: late + 2 ** 31, id: toAppendId('c') },
  ];
  await plant(
    log,
    appendIdKey(0, { ...A, first: 1n }),
    encodeAppendId({ entries: 1, time: late, id: toAppendId('a') }),
  );
  await plant(log, appendIdKey(0, { ...A, first: 3n }), encodeAppendIds(ids));
  const repeats = ['a', 'b', 'c'].map((id) => told(commit(log, { append: A, id, time: late })));
  expect(repeats).toEqual([
    [[1n], [0, 1]],
    [[3n], [0, 2]],
    [[6n], [0, 1]],
  ]);
  // Times that go back, or are too far from each other for one record.
  commit(log, ...[5, 4, 2 ** 40].map((time) => ({ append: A, id: `at ${time}`, time })));
  expect(await records(log)).toEqual([1, 2, 1, 1, 1]);
  await using other = attachLog(log.path);
  expect(once(other, A, 'at 4', { time: 4 })).toBe(-11n);
  expect(await findings(log)).toEqual([]);
});

test('trims leave ids alone, and a drop takes those of its table, even those of the same frame', async () => {
  const log = await fresh();
  const near = { ...A, table: 8n };
  once(log, A, 'x');
  once(log, near, 'x');
  log.trim(A, 1n);
  expect(once(log, A, 'x')).toBe(-1n);
  log.drop(A);
  expect(await stored(log)).toBe(1);
  expect(once(log, A, 'x')).toBe(1n);
  const inOne = commit(
    log,
    { append: A, id: 'y' },
    { drop: A },
    { append: A, id: 'y' },
    { append: A, id: 'x' },
    { append: A, id: 'x' },
  );
  expect(told(inOne)).toEqual([
    [2n, 0n, 1n, 2n, 2n],
    [4, 1],
  ]);
  expect([once(log, A, 'x'), once(log, A, 'y'), once(log, near, 'x')]).toEqual([-2n, -1n, -1n]);
  commit(log, { append: A, id: 'z' }, { drop: A });
  expect(once(log, A, 'z')).toBe(1n);
  expect(await findings(log)).toEqual([]);
});

test('a repeat that wants to be on stable storage puts there what was appended without that', async () => {
  const log = await fresh();
  const db = attachDatabase(log.path);
  onTestFinished(() => db.close());
  once(log, A, 'x');
  const written = db.latestSequence();
  expect(db.syncedSequence()).toBeLessThan(written);
  log.commit(frameOf([{ append: A, id: 'x' }], true));
  expect(db.syncedSequence()).toBeGreaterThanOrEqual(written);
  expect(sequences(log, A)).toEqual([1n]);
  expect(once(log, A, 'x')).toBe(-1n);
});

test('what cannot be read of ids is of the appends with one to their table alone', async () => {
  const log = await fresh();
  await plant(log, appendIdKey(0, { ...A, first: 1n }), Uint8Array.of(1));
  const { errors } = commit(log, { append: A, id: 'x' }, { append: A }, { append: B, id: 'x' });
  expect(errors.map(({ append, error }) => [append, error.code])).toEqual([[0, 'SHALE_CORRUPT']]);
  expect([sequences(log, A).length, sequences(log, B).length]).toEqual([1, 1]);
  expect(await findings(log)).toMatchObject([{ kind: 'id', severity: 'error' }]);
});

test('an id of entries behind the end of its table is found by a verification, and counts as none', async () => {
  const log = await fresh();
  once(log, A, 'x');
  const value = encodeAppendId({ entries: 3, time: 1000, id: toAppendId('left') });
  await plant(log, appendIdKey(0, { ...A, first: 2n }), value);
  expect(await findings(log)).toMatchObject([{ kind: 'id', id: A }]);
  log.drop(B);
  await using other = attachLog(log.path);
  expect(once(other, A, 'left')).toBe(2n);
});

test('an append with an id that another log has written for this one is known, in both directions', async () => {
  const here = await fresh();
  const there = attachLog(here.path);
  onTestFinished(() => there.close());
  const jointly = (...steps: readonly Step[]): CommitResult => {
    const loan = here.openLoan();
    const states = there.lend(loan, [B]) ?? NONE;
    const result = here.commitWithLoan(loan, states, frameOf(steps)) ?? expect.fail('the loan is gone');
    there.takeBack(result.states);
    return result;
  };
  expect(once(there, B, 'one')).toBe(1n);
  expect(told(jointly({ append: B, id: 'one' }, { append: B, id: 'two' }))).toEqual([
    [1n, 2n],
    [0, 1],
  ]);
  expect(once(there, B, 'two')).toBe(-2n);
  expect(once(there, B, 'three')).toBe(3n);
  expect(told(jointly({ append: B, id: 'three' }))).toEqual([[3n], [0, 1]]);
  jointly({ drop: B }, { append: B, id: 'two' });
  expect([once(there, B, 'one'), once(there, B, 'two')]).toEqual([2n, -1n]);
  there.drop(B);
  expect(told(jointly({ append: B, id: 'two' }))).toEqual([[1n], []]);
  // The write may have been done, or not.
  const loan = here.openLoan();
  here.commitWithLoan(loan, there.lend(loan, [B]) ?? NONE, frameOf([{ append: B, id: 'four' }]));
  there.endLoan(loan, [B]);
  expect(once(there, B, 'four')).toBe(-2n);
});

test('ids take only so much memory, and those are kept of the tables that were used last', async () => {
  const log = await fresh();
  for (const table of [1n, 2n, 3n]) {
    commit(log, ...Array.from({ length: 100 }, (_, i) => ({ append: { region: 1n, table }, id: `${i}` })));
  }
  const db = attachDatabase(log.path);
  onTestFinished(() => db.close());
  const known = new KnownIds({ db, path: log.path, instance: 0 }, { entries: 1000, ageMs: 1000 }, 20_000);
  const sizes = [1n, 2n, 3n, 1n].map((table) => {
    expect(known.of({ region: 1n, table }, false).size).toBe(100);
    known.rest();
    return known.bytes;
  });
  const [one = 0] = sizes;
  expect(one).toBeGreaterThan(100 * 32);
  expect(sizes).toEqual([one, 2 * one, 2 * one, 2 * one]);
  expect(db.watches()).toBe(3 + 2);
});

test('only so many tables are known, also of those whose appends with ids were all refused', async () => {
  const log = await fresh();
  const db = attachDatabase(log.path);
  onTestFinished(() => db.close());
  const window = { entries: 1000, ageMs: 1000 };
  const known = new KnownIds({ db, path: log.path, instance: 0 }, window, 1e9, 10);
  const before = db.watches();
  for (let table = 1n; table <= 30n; table++) {
    expect(known.of({ region: 1n, table }, false).size).toBe(0);
    known.rest();
  }
  expect(db.watches()).toBe(before + 10);
});

test('a backup has the ids, and a restored one knows what is in', async () => {
  const root = await directory();
  const log = await open(join(root, 'log'));
  once(log, A, 'x');
  await log.backup(join(root, 'backups'));
  await restoreBackup(join(root, 'backups'), join(root, 'restored'));
  const restored = await open(join(root, 'restored'));
  expect([once(restored, A, 'x'), once(restored, A, 'y')]).toEqual([-1n, 2n]);
});

test.each([false, true])(
  'a repair saves the ids of the entries that are left, and of no others (keepFiles: %s)',
  async (keepFiles) => {
    const path = await directory();
    const log = await openLog(path);
    for (const id of ['a', 'b', 'c']) once(log, A, id, { count: 2 });
    commit(log, { append: A, count: 2 });
    log.trim(A, 3n);
    // As damage would leave it: what has the last id is gone.
    const value = encodeAppendIds([
      { first: 7n, entries: 2, time: 1000, id: toAppendId('d') },
      { first: 9n, entries: 5, time: 1000, id: toAppendId('lost') },
    ]);
    await plant(log, appendIdKey(0, { ...A, first: 7n }), value);
    await log.close();
    const losses: RepairLoss[] = [];
    for await (const event of repairDatabase(path, `${path}-repaired`, { keepFiles })) {
      if (event.type === 'loss') losses.push(event);
    }
    expect(losses).toMatchObject([{ kind: 'id', instance: 0 }]);
    const fixed = await open(`${path}-repaired`);
    expect(['a', 'b', 'c', 'd'].map((id) => once(fixed, A, id))).toEqual([-1n, -3n, -5n, -7n]);
    expect(once(fixed, A, 'lost')).toBe(9n);
    expect(await findings(fixed)).toEqual([]);
  },
);

import { afterEach, expect, test, vi } from 'vitest';
import { ShardThread } from '../dist/shard/shard-thread.js';
import { all, apart, behind, bytes, endThread, open, rejectsWith, text } from './support.js';

/** Two tables on two shards: `lent` is on the one that lends, `own` on the one that writes. */
async function two() {
  const wal = await open({ shards: 2 });
  const { here, there } = apart(wal);
  const tables = [here, there].map((table) => wal.table({ region: 1n, table }));
  const [lent, own] = tables.sort((a, b) => (a.shard ?? 0) - (b.shard ?? 0));
  if (lent === undefined || own === undefined) return expect.fail();
  await Promise.all([lent.append(bytes('0')), own.append(bytes('0'))]);
  const shard = (index: number) => behind(wal).shard(index);
  const write = (payload: string) =>
    wal.write([
      { table: own, payloads: [bytes(payload)] },
      { table: lent, payloads: [bytes(payload)] },
    ]);
  const read = async () =>
    await Promise.all(
      [lent, own].map(async (table) => (await all(table.read())).map(({ payload }) => text(payload)).join()),
    );
  return { wal, lent, own, lender: shard(0), writer: shard(1), write, read };
}

/** Calls `act` once, before the write is sent to the thread that does it. */
function beforeTheWrite({ writer }: Awaited<ReturnType<typeof two>>, act: () => Promise<unknown>): void {
  const joint = writer.joint.bind(writer);
  writer.joint = async (task) => {
    writer.joint = joint;
    await act();
    return await joint(task);
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

/** Lets the threads that are asked to lend die of it, the first `times` of them. Returns how many have. */
function deadlyLending(times: number): () => number {
  let deaths = 0;
  const run = ShardThread.prototype.run;
  vi.spyOn(ShardThread.prototype, 'run').mockImplementation(async function (
    this: ShardThread,
    task,
    transfer,
  ) {
    if (task.kind === 'lend' && deaths < times) {
      deaths++;
      await this.end();
    }
    return await run.call(this, task, transfer as never);
  });
  return () => deaths;
}

test('threads that die one after the other while they are asked to lend: the write is done all the same', async () => {
  const it = await two();
  const deaths = deadlyLending(3);
  expect(await it.write('1')).toEqual([
    { first: 2n, last: 2n },
    { first: 2n, last: 2n },
  ]);
  expect(deaths()).toBe(3);
  expect(await it.read()).toEqual(['0,1', '0,1']);
});

test('threads that always die when they are asked to lend: the write says that nothing of it is in', async () => {
  const it = await two();
  const deaths = deadlyLending(Number.POSITIVE_INFINITY);
  const write = it.write('1');
  await rejectsWith('SHALE_INTERNAL', write);
  await expect(write).rejects.toThrow('nothing was written');
  expect(deaths()).toBeLessThan(20);
  vi.restoreAllMocks();
  expect(await it.write('2')).toEqual([
    { first: 2n, last: 2n },
    { first: 2n, last: 2n },
  ]);
  expect(await it.read()).toEqual(['0,2', '0,2']);
  expect(behind(it.wal).flow.inFlightBytes).toBe(0);
});

test('the advice after a write whose outcome is not known is about the whole of it', async () => {
  const it = await two();
  const { writer, wal } = it;
  const thread = writer.thread ?? expect.fail();
  const run = thread.run.bind(thread);
  thread.run = (async (task: never, transfer: never) => {
    if ((task as { kind: string }).kind === 'joint') await endThread(wal, 1);
    return await run(task, transfer);
  }) as typeof thread.run;
  const write = it.write('1');
  await rejectsWith('SHALE_OUTCOME_UNKNOWN', write);
  await expect(write).rejects.toThrow(/all of it is in or nothing.*`expect`.* part/);
  const cause: unknown = await write.catch((error: Error) => error.cause);
  expect(cause).not.toMatchObject({ code: 'SHALE_OUTCOME_UNKNOWN' });
});

test('a thread that dies after it has lent its tables: the write is done with its successor', async () => {
  const it = await two();
  beforeTheWrite(it, async () => await endThread(it.wal, 0));
  const results = await it.write('1');
  expect(results).toEqual([
    { first: 2n, last: 2n },
    { first: 2n, last: 2n },
  ]);
  expect(it.lender.counters.restarts).toBe(1);
  expect(await it.lent.append(bytes('2'))).toBe(3n);
  expect(await it.own.append(bytes('2'))).toBe(3n);
  expect(await it.read()).toEqual(['0,1,2', '0,1,2']);
});

test('a write cannot come once the lender has died: its successor may have written already', async () => {
  const it = await two();
  const { lent, own, lender, wal, writer } = it;
  let late: unknown;
  const joint = writer.joint.bind(writer);
  // Another writer of the same shard appends through the new thread, before the write comes.
  writer.joint = async (task) => {
    await endThread(wal, 0);
    writer.joint = joint;
    const ends = await lender.request<'ends'>({ kind: 'ends', id: lent.id ?? expect.fail() }, 'retry');
    expect(ends.last).toBe(1n);
    late = await joint(task);
    return late as never;
  };
  await it.write('1');
  expect(late).toMatchObject({ states: null });
  expect([await lent.lastSequence(), await own.lastSequence()]).toEqual([2n, 2n]);
});

test('the thread that writes dies as it is asked: all or nothing is in, and what comes behind goes on', async () => {
  const it = await two();
  const { writer, wal } = it;
  const thread = writer.thread ?? expect.fail();
  const run = thread.run.bind(thread);
  const behindIt: Promise<bigint>[] = [];
  thread.run = (async (task: never, transfer: never) => {
    const running = run(task, transfer);
    if ((task as { kind: string }).kind !== 'joint') return await running;
    behindIt.push(it.lent.append(bytes('2')), it.own.append(bytes('2')));
    await endThread(wal, 1);
    return await running;
  }) as typeof thread.run;
  const [result] = await Promise.allSettled([it.write('1')]);
  if (result.status === 'rejected') expect(result.reason.code).toBe('SHALE_OUTCOME_UNKNOWN');
  const sequences = await Promise.all(behindIt);
  const isIn = sequences[0] === 3n;
  if (result.status === 'fulfilled') expect(isIn).toBe(true);
  expect(sequences).toEqual(isIn ? [3n, 3n] : [2n, 2n]);
  expect(await it.read()).toEqual(isIn ? ['0,1,2', '0,1,2'] : ['0,2', '0,2']);
});

test('the answer of a write is lost: the lender finds out from the disk', async () => {
  const it = await two();
  const { writer, wal } = it;
  const thread = writer.thread ?? expect.fail();
  const run = thread.run.bind(thread);
  // The write is done, and the thread dies before its answer is here.
  thread.run = (async (task: never, transfer: never) => {
    const answer = await run(task, transfer);
    if ((task as { kind: string }).kind !== 'joint') return answer;
    await endThread(wal, 1);
    return await run({ kind: 'incarnation' } as never);
  }) as typeof thread.run;
  await rejectsWith('SHALE_OUTCOME_UNKNOWN', it.write('1'));
  expect(await it.lent.append(bytes('2'), { expect: 3n })).toBe(3n);
  expect(await it.own.append(bytes('2'), { expect: 3n })).toBe(3n);
  expect(await it.read()).toEqual(['0,1,2', '0,1,2']);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('what was listed before a lender had to forget a table is not installed afterwards', async () => {
  const it = await two();
  const { wal, lender, writer } = it;
  const region = { region: 1n, table: it.lent.id?.table ?? 0n };
  const incarnation = await lender.request<'incarnation'>({ kind: 'incarnation' }, 'retry');
  const thread = writer.thread ?? expect.fail();
  const run = thread.run.bind(thread);
  thread.run = (async (task: never, transfer: never) => {
    const answer = await run(task, transfer);
    if ((task as { kind: string }).kind !== 'joint') return answer;
    await endThread(wal, 1);
    return await run({ kind: 'incarnation' } as never);
  }) as typeof thread.run;
  await rejectsWith('SHALE_OUTCOME_UNKNOWN', it.write('1'));
  // As it was listed before the write.
  const heads = BigUint64Array.of(region.table, 1n, 1n);
  const floors = new BigUint64Array(0);
  const listed = { kind: 'install', region: 1n, incarnation, since: 0n, heads, floors } as const;
  await lender.request<'install'>(listed, 'fail');
  expect(await it.lent.append(bytes('2'))).toBe(3n);
});

test('a write that the thread refuses as a whole leaves every table as it was', async () => {
  const it = await two();
  const { writer } = it;
  const joint = writer.joint.bind(writer);
  writer.joint = async (task) => {
    writer.joint = joint;
    // Not the log's format: the thread throws before it writes.
    new Uint8Array(task.frame.buffer)[0] = 0;
    return await joint(task);
  };
  await rejectsWith('SHALE_CORRUPT', it.write('1'));
  expect(await it.write('2')).toEqual([
    { first: 2n, last: 2n },
    { first: 2n, last: 2n },
  ]);
  expect(await it.read()).toEqual(['0,2', '0,2']);
});

test('a shard that cannot go on fails the write, and gives the tables of the others back', async () => {
  const it = await two();
  const { wal, writer } = it;
  beforeTheWrite(it, async () => {
    Object.assign(writer.startData, { path: `${behind(wal).path}-gone` });
    await endThread(wal, 1);
  });
  await expect(it.write('1')).rejects.toMatchObject({ name: 'WalError' });
  expect(await it.lent.lastSequence()).toBe(1n);
  await wal.close();
});

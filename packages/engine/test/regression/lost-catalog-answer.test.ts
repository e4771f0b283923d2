/*
 * What went wrong: when the thread died after it had written that a name was dropped, and before it had said so, the
 * name was given its old id back: appends were acknowledged into a table whose name was gone, and could not be found
 * under it after the next opening.
 */
import { WalError } from '@shale/codec';
import type { Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, endThread, open, rejectsWith, temporary, text } from '../support.js';

type When = 'after it is in' | 'before it is in';

/** Ends the thread of a shard around the next such task, so that nobody hears what came of it. */
function loseNext(wal: Wal, index: number, kind: 'namesMake', when: When): void {
  const shard = behind(wal).shard(index);
  const request = shard.request.bind(shard);
  const losing: typeof request = async (task, onLoss) => {
    if (task.kind !== kind) return await request(task, onLoss);
    Object.assign(shard, { request });
    if (when === 'after it is in') await request(task, onLoss);
    await endThread(wal, index);
    throw new WalError('SHALE_OUTCOME_UNKNOWN', 'made by the test');
  };
  Object.assign(shard, { request: losing });
}

/** The same around the next frame, whatever is in it. */
function loseNextFrame(wal: Wal, index: number, when: When): void {
  const { thread } = behind(wal).shard(index);
  if (thread === null) throw new Error('the shard has no thread');
  const run = thread.run.bind(thread);
  const losing: typeof run = async (task, transfer) => {
    if (task.kind !== 'append') return await run(task, transfer);
    Object.assign(thread, { run });
    if (when === 'after it is in') await run(task, transfer);
    await endThread(wal, index);
    // The thread is gone, and says so.
    return await run(task);
  };
  Object.assign(thread, { run: losing });
}

async function texts(wal: Wal, name: string): Promise<string[]> {
  return (await all(wal.table(name).read())).map(({ payload }) => text(payload));
}

async function names(wal: Wal): Promise<[string | undefined, bigint][]> {
  return (await all(wal.tables())).map(({ name, id }) => [name, id.table]);
}

test.each<When>(['after it is in', 'before it is in'])(
  'appends after a drop whose answer was lost %s are found under their name',
  async (when) => {
    const path = await temporary();
    const wal = await open({ path });
    const table = wal.table('orders');
    await table.append(bytes('one'));
    const before = table.id;
    loseNextFrame(wal, table.shard ?? 0, when);
    await rejectsWith('SHALE_OUTCOME_UNKNOWN', table.drop());
    // Nothing is known of the name now, so nothing is said of it.
    expect(table.id).toBeNull();
    const sequences = await Promise.all([table.append(bytes('two')), table.append(bytes('three'))]);
    // The entries went with the name, or stayed with it.
    const stayed = when === 'before it is in';
    expect(sequences).toEqual(stayed ? [2n, 3n] : [1n, 2n]);
    if (stayed) expect(table.id).toEqual(before);
    else expect(table.id).not.toEqual(before);
    const found = await names(wal);
    expect(found).toEqual([['orders', table.id?.table]]);
    await wal.close();
    const again = await open({ path });
    expect(await texts(again, 'orders')).toEqual([...(stayed ? ['one'] : []), 'two', 'three']);
    expect(await names(again)).toEqual(found);
  },
);

test.each<When>(['after it is in', 'before it is in'])(
  'a name whose making was lost %s is made once',
  async (when) => {
    const path = await temporary();
    const wal = await open({ path });
    await wal.table('other').append(bytes('other'));
    loseNext(wal, 0, 'namesMake', when);
    const table = wal.table('orders');
    await rejectsWith('SHALE_OUTCOME_UNKNOWN', table.append(bytes('lost')));
    expect(await table.lastSequence()).toBe(0n);
    expect(await table.append(bytes('one'))).toBe(1n);
    await wal.table('third').append(bytes('third'));
    const found = await names(wal);
    expect(new Set(found.map(([name]) => name))).toEqual(new Set(['orders', 'other', 'third']));
    await wal.close();
    const again = await open({ path });
    expect(await texts(again, 'orders')).toEqual(['one']);
    expect(await names(again)).toEqual(found);
  },
);

test('a table whose entries could not be dropped keeps its name', async () => {
  const wal = await open();
  const table = wal.table('orders');
  await table.append(bytes('one'));
  const { id } = table;
  const shard = behind(wal).shard(table.shard ?? 0);
  const append = shard.append.bind(shard);
  const failing: typeof append = (change) => {
    if (change.kind === 'drop') throw new WalError('SHALE_IO', 'made by the test');
    append(change);
  };
  Object.assign(shard, { append: failing });
  const dropping = table.drop();
  const second = table.append(bytes('two'));
  await rejectsWith('SHALE_IO', dropping);
  expect(await second).toBe(2n);
  expect(table.id).toEqual(id);
});

/*
 * What went wrong, all of it while a thread that had died was being replaced: close() between two attempts did not wait
 * for the next one, so a thread came up afterwards and held the database, which stayed locked; a thread that died
 * between its answer to `attach` and its being put to use took frames with it that had never been sent, as
 * SHALE_OUTCOME_UNKNOWN; and four attempts that failed within 150 ms, as they do while memory is short, made the WAL
 * fail for good.
 */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { failStarts, interceptStarts } from '../failing-starts.js';
import { inAnotherProcess } from '../processes.js';
import { all, behind, bytes, endThread, open, temporary, text } from '../support.js';

const id = { region: 1, table: 1 };

test('close() between two attempts to start a thread leaves none, and the database is free', async () => {
  const path = await temporary();
  // Keeps the database open in this process, so that a thread that came too late could attach to it.
  const other = await open({ path, shards: 1, instance: 1 });
  const wal = await open({ path, shards: 1 });
  await wal.table(id).append(bytes('x'));
  const { failed, attempts } = failStarts(1);
  await endThread(wal, 0);
  await failed;
  await wal.close();
  const made = attempts();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(attempts()).toBe(made);
  await other.close();
  const { output } = await inAnotherProcess(
    `await (await openWal(${JSON.stringify(path)}, { shards: 1 })).close(); console.log('opened');`,
  );
  expect(output).toBe('opened\n');
});

test('close() while a thread is being started ends it, and waits for that', async () => {
  const wal = await open({ shards: 1 });
  await wal.table(id).append(bytes('x'));
  let starting: () => void;
  const started = new Promise<void>((resolve) => {
    starting = resolve;
  });
  let ended = false;
  interceptStarts(async (thread, attach) => {
    await attach();
    if (thread.worker !== null) void once(thread.worker, 'exit').then(() => (ended = true));
    starting();
    // Its answer never comes.
    return await new Promise((_, reject) => thread.worker?.once('exit', () => reject(new Error('gone'))));
  });
  await endThread(wal, 0);
  await started;
  await wal.close();
  expect(ended).toBe(true);
});

test('a thread that dies after it has attached and before it is used takes nothing with it', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(id);
  await table.append(bytes('a'));
  let deaths = 0;
  interceptStarts(async (thread, attach) => {
    const answer = await attach();
    if (++deaths > 2 || thread.worker === null) return answer;
    const exit = once(thread.worker, 'exit');
    void thread.worker.terminate();
    await exit;
    return answer;
  });
  await endThread(wal, 0);
  const appends = [table.append(bytes('b')), table.append(bytes('c'))];
  expect(await Promise.all(appends)).toEqual([2n, 3n]);
  expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual(['a', 'b', 'c']);
});

test('starts that fail for a while do not fail the WAL: what was appended meanwhile goes in, in order', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(id);
  await table.append(bytes('a'));
  const { failed } = failStarts(5);
  await endThread(wal, 0);
  const early = table.append(bytes('b'));
  const last = table.lastSequence();
  await failed;
  const late = table.append(bytes('c'));
  expect(await Promise.all([early, late])).toEqual([2n, 3n]);
  expect(await last).toBeLessThanOrEqual(3n);
  expect(behind(wal).health.state).toBe('well');
});

test('close() gives up soon when no thread can be started, and says so of what was accepted', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table(id);
  await table.append(bytes('a'));
  failStarts(Number.POSITIVE_INFINITY);
  await endThread(wal, 0);
  const append = table.append(bytes('b')).catch((error) => error.code);
  const trim = table.trim(1n).catch((error) => error.code);
  const read = table.lastSequence().catch((error) => error.code);
  await wal.close();
  expect(await append).toBe('SHALE_INTERNAL');
  expect(['SHALE_INTERNAL', 'SHALE_CLOSED']).toContain(await trim);
  expect(['SHALE_INTERNAL', 'SHALE_CLOSED']).toContain(await read);
  expect(behind(wal).flow).toMatchObject({ inFlightBytes: 0, waiting: 0 });
});

import type { Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, open, rejectsWith } from './support.js';

const LIMIT = 64 * 1024;
const small = { shards: 1, maxInFlightBytes: LIMIT, frameBytes: 16 * 1024 } as const;

/** Appends until the bytes in flight are used up; returns the promises. */
function fillUp(wal: Wal): Promise<bigint>[] {
  const table = wal.table({ region: 1, table: 1 });
  const appends: Promise<bigint>[] = [];
  while (behind(wal).flow.waiting === 0) appends.push(table.append(new Uint8Array(1000)));
  return appends;
}

test('what is copied and not yet acknowledged stays within maxInFlightBytes, and nothing is lost', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  let most = 0;
  const appends = Array.from({ length: 2000 }, (_, i) => {
    const append = table.append(new Uint8Array(500).fill(i % 256));
    most = Math.max(most, behind(wal).flow.inFlightBytes);
    return append.then((sequence) => {
      most = Math.max(most, behind(wal).flow.inFlightBytes);
      return sequence;
    });
  });
  const sequences = await Promise.all(appends);
  expect(most).toBeGreaterThan(LIMIT / 2);
  expect(most).toBeLessThanOrEqual(LIMIT);
  expect(sequences).toEqual(sequences.map((_, i) => BigInt(i + 1)));
  expect(behind(wal).flow.inFlightBytes).toBe(0);
  const entries = await all(table.read());
  for (const [i, { payload }] of entries.entries()) expect(payload[0]).toBe(i % 256);
});

test('floods of tiny appends are bounded too', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const appends = Array.from({ length: 5000 }, () => table.append(new Uint8Array(0)));
  expect(behind(wal).flow.waiting).toBeGreaterThan(4000);
  await Promise.all(appends);
  expect(await table.lastSequence()).toBe(5000n);
});

test('past maxQueuedAppends an append is refused at once and nothing of it is written', async () => {
  const wal = await open({ ...small, maxQueuedAppends: 3 });
  const table = wal.table({ region: 1, table: 1 });
  const filling = fillUp(wal);
  const waiting = [table.append(bytes('w')), table.append(bytes('w'))];
  const refused = [table.append(bytes('no')), table.appendBatch([bytes('no'), bytes('no')])];
  for (const append of refused) await rejectsWith('SHALE_OVERLOADED', append);
  const accepted = await Promise.all([...filling, ...waiting]);
  expect(await table.lastSequence()).toBe(BigInt(accepted.length));
  for await (const { payload } of table.read()) expect(payload).not.toEqual(bytes('no'));
});

test('with maxQueuedAppends 0 an append either has room or is refused', async () => {
  const wal = await open({ ...small, maxQueuedAppends: 0 });
  const table = wal.table({ region: 1, table: 1 });
  const results = await Promise.allSettled(
    Array.from({ length: 200 }, () => table.append(new Uint8Array(1000))),
  );
  const accepted = results.filter(({ status }) => status === 'fulfilled').length;
  expect(accepted).toBeLessThan(200);
  expect(await table.lastSequence()).toBe(BigInt(accepted));
});

test('ready() resolves at once with room, and after a wait when there is none', async () => {
  const wal = await open(small);
  await wal.ready();
  const appends = fillUp(wal);
  let ready = false;
  const waiting = wal.ready().then(() => {
    ready = true;
  });
  expect(ready).toBe(false);
  await waiting;
  expect(behind(wal).flow.inFlightBytes).toBeLessThan(LIMIT);
  await Promise.all(appends);
});

test('whoever awaits ready() never has an append that waits', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const appends: Promise<bigint>[] = [];
  for (let i = 0; i < 1000; i++) {
    await wal.ready();
    appends.push(table.append(new Uint8Array(10)));
    expect(behind(wal).flow.waiting).toBeLessThanOrEqual(1);
  }
  await Promise.all(appends);
});

test('an append larger than all that may be in flight is refused with advice', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const append = table.append(new Uint8Array(LIMIT));
  await rejectsWith('SHALE_TOO_LARGE', append);
  await expect(append).rejects.toThrow(/maxInFlightBytes/);
  expect(await table.append(new Uint8Array(LIMIT - 260))).toBe(1n);
});

test('a signal gives up an append that waits, with its reason, and nothing of it is written', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const filling = fillUp(wal);
  const controller = new AbortController();
  const aborted = table.append(bytes('aborted'), { signal: controller.signal });
  const after = table.append(bytes('after'));
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  const last = await after;
  expect(last).toBe(BigInt(filling.length + 1));
  await Promise.all(filling);
  for await (const { payload } of table.read()) expect(payload).not.toEqual(bytes('aborted'));
});

test('a signal that is aborted already refuses the append', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  await expect(table.append(bytes('x'), { signal: AbortSignal.abort('why') })).rejects.toBe('why');
  await expect(wal.ready({ signal: AbortSignal.abort('why') })).rejects.toBe('why');
  expect(await table.lastSequence()).toBe(0n);
});

test('a signal does nothing to an append that is under way', async () => {
  const wal = await open();
  const table = wal.table({ region: 1, table: 1 });
  const controller = new AbortController();
  const append = table.append(bytes('x'), { signal: controller.signal });
  controller.abort();
  expect(await append).toBe(1n);
});

test('giving up many of those that wait keeps the rest in order', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const filling = fillUp(wal);
  const controller = new AbortController();
  const kept: Promise<bigint>[] = [];
  const given: Promise<unknown>[] = [];
  for (let i = 0; i < 4000; i++) {
    if (i % 4 === 0) kept.push(table.append(bytes(`kept ${i}`)));
    else given.push(table.append(bytes('given up'), { signal: controller.signal }).catch((error) => error));
  }
  controller.abort();
  const before = BigInt(filling.length);
  expect(await Promise.all(kept)).toEqual(kept.map((_, i) => before + BigInt(i + 1)));
  await Promise.all(given);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('a payload that changes its length while its append waits is refused', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const filling = fillUp(wal);
  const buffer = new ArrayBuffer(100);
  const append = table.append(new Uint8Array(buffer));
  structuredClone(buffer, { transfer: [buffer] });
  await rejectsWith('SHALE_INVALID_ARGUMENT', append);
  await Promise.all(filling);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

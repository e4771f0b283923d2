import type { Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, open, rejectsWith } from './support.js';

const LIMIT = 64 * 1024;
const small = {
  shards: 1,
  maxInFlightBytes: LIMIT,
  maxQueuedBytes: 16 * 1024 * 1024,
  frameBytes: 16 * 1024,
} as const;

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

test('the payloads of appends that wait for room have been copied, whatever becomes of their buffers', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const other = wal.table({ region: 1, table: 2 });
  const filling = fillUp(wal);
  const lost = new ArrayBuffer(100);
  const used = new Uint8Array(100).fill(1);
  const appends = [
    table.append(new Uint8Array(lost)),
    table.append(used),
    table.appendBatch([used, new Uint8Array(lost)]),
    wal.write([
      { table, payloads: [used] },
      { table: other, payloads: [used, new Uint8Array(lost)] },
    ]),
  ];
  expect(behind(wal).flow.queuedBytes).toBeGreaterThan(700);
  structuredClone(lost, { transfer: [lost] });
  used.fill(2);
  await Promise.all(appends);
  await Promise.all(filling);
  const payloads = async (from: number, of: typeof table) =>
    (await all(of.read({ gt: BigInt(from) }))).map(({ payload }) => Uint8Array.from(payload));
  const zeros = new Uint8Array(100);
  const ones = new Uint8Array(100).fill(1);
  expect(await payloads(filling.length, table)).toEqual([zeros, ones, ones, zeros, ones]);
  expect(await payloads(0, other)).toEqual([ones, zeros]);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
  expect(behind(wal).flow.queuedBytes).toBe(0);
});

test('past maxQueuedBytes an append is refused at once, and nothing of it is written', async () => {
  const wal = await open({ ...small, maxQueuedBytes: 4000 });
  const table = wal.table({ region: 1, table: 1 });
  const filling = fillUp(wal);
  const waiting = [table.append(new Uint8Array(1000)), table.append(new Uint8Array(1000))];
  const refused = table.append(new Uint8Array(1000));
  await rejectsWith('SHALE_OVERLOADED', refused);
  await expect(refused).rejects.toThrow(/maxQueuedBytes/);
  await Promise.all([...filling, ...waiting]);
  expect(await table.lastSequence()).toBe(BigInt(filling.length + 2));
  expect(behind(wal).flow.queuedBytes).toBe(0);
});

test('an append larger than maxQueuedBytes is taken when nothing else is queued or in flight', async () => {
  const wal = await open({ ...small, maxQueuedBytes: 0 });
  const table = wal.table({ region: 1, table: 1 });
  const largest = new Uint8Array(LIMIT - 260);
  expect(await table.append(largest)).toBe(1n);
  // Promises that nobody uses do not keep it out.
  await wal.ready();
  const append = table.append(largest);
  await rejectsWith('SHALE_OVERLOADED', table.append(bytes('no')));
  expect(await append).toBe(2n);
});

test('maxQueuedBytes is as maxInFlightBytes unless it is given', async () => {
  expect((await open(small)).options.maxQueuedBytes).toBe(16 * 1024 * 1024);
  const wal = await open({ shards: 1, maxInFlightBytes: LIMIT });
  expect(wal.options.maxQueuedBytes).toBe(LIMIT);
  expect((await wal.stats()).queue).toMatchObject({ queuedBytes: 0, maxQueuedBytes: LIMIT });
});

test('an append right after ready() is taken at once, however many producers there are', async () => {
  const wal = await open({ ...small, durability: 'os', maxQueuedBytes: 0, maxQueuedAppends: 0 });
  const table = wal.table({ region: 1, table: 1 });
  const produce = async (producer: number) => {
    const buffer = new Uint8Array(3000);
    const sequences: [bigint, number][] = [];
    for (let i = 0; i < 20; i++) {
      await wal.ready({ bytes: buffer.length });
      buffer.fill((producer * 20 + i) % 256);
      const append = table.append(buffer);
      buffer.fill(0xee);
      sequences.push([await append, (producer * 20 + i) % 256]);
    }
    return sequences;
  };
  const acknowledged = new Map((await Promise.all(Array.from({ length: 50 }, (_, i) => produce(i)))).flat());
  expect(acknowledged.size).toBe(1000);
  for await (const { sequence, payload } of table.read()) {
    expect(Buffer.compare(payload, Buffer.alloc(3000, acknowledged.get(sequence)))).toBe(0);
  }
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('ready() keeps its place among the appends that wait, and one that is not used passes on', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const order: string[] = [];
  const filling = fillUp(wal);
  const note = (name: string) => () => void order.push(name);
  const waits = [
    wal.ready({ bytes: LIMIT - 260 }).then(note('first')),
    wal.ready({ bytes: LIMIT - 260 }).then(note('second')),
    wal.ready({ bytes: LIMIT - 260 }).then(note('third')),
    table.append(bytes('last')).then(note('append')),
  ];
  await Promise.all([...waits, ...filling]);
  expect(order).toEqual(['first', 'second', 'third', 'append']);
});

test('ready() always ends: refused, given up, failed with the WAL, or closed', async () => {
  const wal = await open(small);
  await rejectsWith('SHALE_TOO_LARGE', wal.ready({ bytes: LIMIT }));
  for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53, '1', 1n, null]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', wal.ready({ bytes: wrong as number }));
  }
  const filling = fillUp(wal);
  const controller = new AbortController();
  const given = wal.ready({ bytes: 1, signal: controller.signal });
  const closed = wal.ready({ bytes: LIMIT - 260 });
  controller.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  const closing = wal.close();
  await closed;
  await closing;
  await Promise.all(filling);
  await rejectsWith('SHALE_CLOSED', wal.ready());
});

test('the abort of one append that waits lets none in that has the same signal', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const filling = fillUp(wal);
  const controller = new AbortController();
  const { signal } = controller;
  // As large as all that may be in flight: without it those behind it have room.
  const waiting = [
    table.append(new Uint8Array(LIMIT - 260), { signal }),
    table.append(bytes('aborted'), { signal }),
    table.appendBatch([bytes('aborted')], { signal }),
    wal.ready({ signal }),
  ];
  const last = filling.at(-1);
  const free = last?.then(() => undefined);
  await Promise.race(filling);
  controller.abort(new Error('enough'));
  for (const each of waiting) await expect(each).rejects.toThrow('enough');
  await free;
  await Promise.all(filling);
  expect(await table.lastSequence()).toBe(BigInt(filling.length));
  expect(behind(wal).flow.inFlightBytes).toBe(0);
});

test('what an application lays over a signal is not called', async () => {
  const wal = await open(small);
  const table = wal.table({ region: 1, table: 1 });
  const filling = fillUp(wal);
  const { signal } = new AbortController();
  const fail = () => {
    throw new Error('out of the signal');
  };
  Object.defineProperty(signal, 'aborted', { get: fail });
  Object.defineProperty(signal, 'reason', { get: fail });
  Object.defineProperty(signal, 'addEventListener', { value: fail });
  const waiting = table.append(bytes('x'), { signal });
  for (const none of [
    new Proxy(signal, {}),
    { aborted: false },
    Object.create(AbortSignal.prototype),
    null,
  ]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', table.append(bytes('no'), { signal: none as AbortSignal }));
  }
  expect(await waiting).toBe(BigInt(filling.length + 1));
  await Promise.all(filling);
});

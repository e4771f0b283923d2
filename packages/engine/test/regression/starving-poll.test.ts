/*
 * What went wrong: a read of a name that was just being made came to its end in microtasks alone, so that a loop which
 * polled it kept the event loop from turning: the name was never made. Refusals came in microtasks, too: who appended
 * again after SHALE_OVERLOADED kept the answers away that would have made room.
 */
import type { Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { bytes, open, temporary } from '../support.js';

/** What nobody waits for that long: Node hands over up to 1,000 answers of native code in one turn. */
const MOST = 20_000;

/** Whether a call that is repeated, whatever becomes of it, keeps the event loop from turning. */
async function starves(call: () => Promise<unknown>): Promise<boolean> {
  let turns = 0;
  const turn = (): void => {
    if (++turns < 3) setImmediate(turn);
  };
  setImmediate(turn);
  let count = 0;
  while (turns < 3 && count < MOST) {
    count++;
    await call().catch(() => undefined);
  }
  return turns < 3;
}

/** Which of the calls keep the event loop from turning when they are repeated. */
async function starving(calls: Record<string, () => Promise<unknown>>): Promise<string[]> {
  const found: string[] = [];
  for (const [name, call] of Object.entries(calls)) if (await starves(call)) found.push(name);
  return found;
}

async function exhaust(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items) void _;
}

test('whatever a call that reads comes to, the event loop turns before it does', async () => {
  const path = await temporary();
  const wal = await open({ path, shards: 1, durability: 'os' });
  await wal.table('there').append(bytes('x'));
  const absent = wal.table('absent');
  const calls: Record<string, () => Promise<unknown>> = {
    read: () => exhaust(absent.read()),
    chunks: () => exhaust(absent.read().chunks()),
    limit: () => exhaust(wal.table('there').read({ limit: 0 })),
    aborted: () => exhaust(wal.table('there').read({}, { signal: AbortSignal.abort() })),
    strict: () => exhaust(absent.read({ gte: 5n }, { strict: true })),
    first: () => absent.firstSequence(),
    last: () => absent.lastSequence(),
    tables: () => exhaust(wal.tables()),
    stats: () => wal.stats(),
    region: () => wal.region(1).open(),
    scan: () => exhaust(wal.region(1).scan()),
    verify: () => exhaust(wal.verify()),
  };
  expect(await starving(calls)).toEqual([]);
  await wal.close();
  // Refused, too.
  expect(await starving(calls)).toEqual([]);
});

test('whatever a call that writes comes to, the event loop turns before it does', async () => {
  const path = await temporary();
  const calls = (wal: Wal): Record<string, () => Promise<unknown>> => {
    const [there, absent] = [wal.table('there'), wal.table('absent')];
    const reserved = wal.table({ region: 0n, table: 2n ** 63n });
    const aborted = { signal: AbortSignal.abort() };
    const misspelt = { signl: undefined } as never;
    return {
      append: () => there.append(bytes('x')),
      'append aborted': () => there.append(bytes('x'), aborted),
      'append misspelt': () => there.append(bytes('x'), misspelt),
      'append nothing': () => there.append(null as never),
      'append reserved': () => reserved.append(bytes('x')),
      batch: () => there.appendBatch([]),
      'batch aborted': () => there.appendBatch([], aborted),
      'batch misspelt': () => there.appendBatch([], misspelt),
      write: () => wal.write([]),
      'write misspelt': () => wal.write([], misspelt),
      trim: () => there.trim(0n),
      'trim absent': () => absent.trim(1n),
      'trim nothing': () => wal.table({ region: 1, table: 9 }).trim(1n),
      'trim aborted': () => there.trim(0n, aborted),
      'trim misspelt': () => there.trim(0n, misspelt),
      drop: () => absent.drop(),
      'drop nothing': () => wal.table({ region: 1, table: 9 }).drop(),
      'drop aborted': () => absent.drop(aborted),
      'drop misspelt': () => absent.drop(misspelt),
      'ready misspelt': () => wal.ready(misspelt),
      'ready aborted': () => wal.ready(aborted),
      sync: () => wal.sync(),
      resume: () => wal.resume(),
      flush: () => wal.flush(),
      reclaim: () => wal.reclaim(),
      compact: () => wal.compact(),
      checkpoint: () => wal.checkpoint(''),
      backup: () => wal.backup(''),
    };
  };
  const wal = await open({ path, shards: 1, durability: 'os' });
  await wal.table('there').append(bytes('x'));
  expect(await starving(calls(wal))).toEqual([]);
  await wal.close();
  expect(await starving({ ...calls(wal), ready: () => wal.ready() })).toEqual([]);
  expect(await starving(calls(await open({ path, shards: 1, readOnly: true })))).toEqual([]);
});

test('who appends again and again while he is refused for want of room gets room', async () => {
  const wal = await open({ shards: 1, durability: 'os', maxInFlightBytes: 64 * 1024, maxQueuedBytes: 0 });
  const table = wal.table({ region: 1, table: 1 });
  const filling = table.append(new Uint8Array(60_000));
  let refusals = 0;
  const tryAgain = async (): Promise<bigint> => {
    for (;;) {
      try {
        return await table.append(new Uint8Array(60_000));
      } catch {
        if (++refusals > 50_000) return 0n;
      }
    }
  };
  expect(await tryAgain()).toBe(2n);
  expect(await filling).toBe(1n);
  expect(refusals).toBeGreaterThan(0);
});

test('a poll for a name that is being made sees it', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table('made');
  const made = table.append(bytes('x'));
  let seen = 0;
  for (let polls = 0; seen === 0 && polls < 50_000; polls++) {
    for await (const _ of table.read()) seen++;
  }
  expect(seen).toBe(1);
  await made;
});

/*
 * What went wrong: a read of a name that was just being made came to its end in microtasks alone, so that a loop which
 * polled it kept the event loop from turning: the name was never made.
 */
import { expect, test } from 'vitest';
import { bytes, open, temporary } from '../support.js';

/** How often a call is repeated, whatever becomes of it, before the event loop has turned three times. */
async function repetitions(call: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const turn = (): void => {
    if (++turns < 3) setImmediate(turn);
  };
  setImmediate(turn);
  let count = 0;
  while (turns < 3 && count < 20_000) {
    count++;
    await call().catch(() => undefined);
  }
  return count;
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
  const counts = async (): Promise<Record<string, boolean>> => {
    const starves: Record<string, boolean> = {};
    for (const [name, call] of Object.entries(calls)) starves[name] = (await repetitions(call)) > 100;
    return starves;
  };
  const none = Object.fromEntries(Object.keys(calls).map((name) => [name, false]));
  expect(await counts()).toEqual(none);
  await wal.close();
  // Refused, too.
  expect(await counts()).toEqual(none);
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

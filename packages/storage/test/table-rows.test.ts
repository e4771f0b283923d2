import { attachLog } from '@shale/storage';
import { describe, expect, test } from 'vitest';
import { KnownTables } from '../dist/tables/known-tables.js';
import { hash, TableRows } from '../dist/tables/table-rows.js';
import type { SavedState } from '../dist/tables/table-state.js';
import { inAnotherProcess } from './processes.js';
import { directory, fill, fresh, payloads, sequences } from './support.js';

const TOP = 2n ** 64n;

function stateOf(n: bigint): SavedState {
  return { next: n + 5n, first: n + 1n, tail: n + 4n, dense: n + 2n, trimIsDurable: n % 2n === 0n };
}

test('states come back as they were set, whatever else is set and deleted', () => {
  const states = new TableRows();
  const model = new Map<string, SavedState>();
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const idOf = (n: number) => ({
    region: BigInt(n % 3) * (TOP / 3n),
    table: n % 2 === 0 ? BigInt(n) : TOP - 1n - BigInt(n),
  });
  for (let i = 0; i < 60_000; i++) {
    // Grows, shrinks to nothing, and grows again.
    const isGrowing = Math.floor(i / 15_000) % 2 === 0;
    const id = idOf(random(6000));
    const key = `${id.region}/${id.table}`;
    if (random(10) < (isGrowing ? 9 : 1)) {
      const state = stateOf(BigInt(i));
      states.set(id, state);
      model.set(key, state);
    } else {
      states.delete(id.region, id.table);
      model.delete(key);
    }
    const other = idOf(random(6000));
    const state = states.load(other.region, other.table);
    expect(state?.save()).toEqual(model.get(`${other.region}/${other.table}`));
    expect(states.has(other.region, other.table)).toBe(state !== undefined);
  }
  expect(states.size).toBe(model.size);
  for (let n = 0; n < 6000; n++) {
    const { region, table } = idOf(n);
    expect(states.load(region, table)?.save()).toEqual(model.get(`${region}/${table}`));
    states.delete(region, table);
  }
  expect(states.size).toBe(0);
  expect(states.bytes).toBeLessThan(1024);
});

test('the sequences at both ends fit', () => {
  const states = new TableRows();
  const id = { region: TOP - 1n, table: TOP - 1n };
  const full = { next: TOP, first: TOP, tail: TOP - 1n, dense: TOP, trimIsDurable: true };
  const begun = { next: 2n, first: 0n, tail: 1n, dense: 1n, trimIsDurable: false };
  for (const state of [full, begun, full]) {
    states.set(id, state);
    expect(states.load(id.region, id.table)?.save()).toEqual(state);
  }
});

test('a table takes at most 64 bytes', () => {
  const states = new TableRows();
  for (let table = 0n; table < 100_000n; table++) states.set({ region: 1n, table }, stateOf(table));
  expect(states.bytes / 100_000).toBeLessThan(64);
});

test('tables beyond those that are kept at hand are known as they were left', async () => {
  const log = await fresh();
  const ids = Array.from({ length: 20_000 }, (_, i) => ({ region: BigInt(i % 7), table: BigInt(i) }));
  const write = (round: bigint) => {
    for (let i = 0; i < ids.length; i += 1000) {
      const spans = log.write(
        ids.slice(i, i + 1000).map((id) => ({ id, payloads: payloads(2), expect: round * 2n + 1n })),
        { sync: false },
      );
      expect(spans[0]?.first).toBe(round * 2n + 1n);
    }
  };
  for (const round of [0n, 1n, 2n]) write(round);
  expect(log.stats().tablesKnown).toBe(ids.length);
  // A frame can have a table twice, also one that was at hand no more.
  const id = { region: 0n, table: 0n };
  const spans = log.write(
    [0, 1, 2].map(() => ({ id, payloads: payloads(1) })),
    { sync: false },
  );
  expect(spans.map(({ first }) => first)).toEqual([7n, 8n, 9n]);
  log.trim(id, 5n, { sync: false });
  for (const other of ids.slice(1, 18_000)) expect(log.lastSequence(other)).toBe(6n);
  expect(log.firstSequence(id)).toBe(6n);
  expect(sequences(log, id)).toEqual([6n, 7n, 8n, 9n]);
});

test('nothing is kept of tables that were never written or were dropped', async () => {
  const log = await fresh();
  for (let table = 0n; table < 10_000n; table++) {
    const id = { region: 1n, table };
    expect([...log.read(id)]).toEqual([]);
    expect(log.firstSequence(id)).toBe(0n);
    expect(log.trim(id, 5n, { sync: false }).range).toBeNull();
  }
  expect(log.stats().tablesKnown).toBe(0);
  for (let table = 0n; table < 10_000n; table++) fill(log, { region: 1n, table }, 1);
  expect(log.stats().tablesKnown).toBe(10_000);
  for (let table = 0n; table < 10_000n; table++) log.drop({ region: 1n, table }, { sync: false });
  expect(log.stats().tablesKnown).toBe(0);
  const id = { region: 1n, table: 3n };
  expect(log.append(id, payloads(1), { sync: false }).first).toBe(1n);
});

test('a head that was listed before a drop is not installed after it, though nothing is kept of the drop', async () => {
  const log = await fresh();
  const ids = Array.from({ length: 9000 }, (_, i) => ({ region: 1n, table: BigInt(i) }));
  for (const id of ids) fill(log, id, 10);
  const owner = attachLog(log.path);
  const since = log.dropCount();
  const heads = [...log.heads()];
  const dropped = ids.slice(0, 4000);
  for (const id of dropped) owner.drop(id, { sync: false });
  expect(owner.install(heads, [], since)).toBe(5000);
  for (const id of dropped) expect(owner.lastSequence(id)).toBe(0n);
  for (const id of dropped) expect(owner.append(id, payloads(1), { sync: false }).first).toBe(1n);
  // Of more drops than are known, any may be among them: then tables are recovered when they are touched.
  for (const id of ids.slice(4000, 8500)) owner.drop(id, { sync: false });
  const third = attachLog(log.path);
  expect(third.install(heads, [], since)).toBe(0);
  expect(third.lastSequence(ids[8999] ?? expect.fail())).toBe(10n);
  await third.close();
  await owner.close();
});

test('a hundred thousand tables fit into a few megabytes', async () => {
  const { code, output } = await inAnotherProcess(`
    import { openLog } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc');
    const used = () => { gc(); const { heapUsed, external } = process.memoryUsage(); return (heapUsed + external) / 1024 / 1024; };
    const log = await openLog(${JSON.stringify(await directory())});
    const write = (from, to) => {
      const parts = [];
      for (let table = from; table < to; table++) parts.push({ id: { region: 1, table }, payloads: [new Uint8Array(1)] });
      log.write(parts, { sync: false });
    };
    write(0, 1000);
    const before = used();
    for (let at = 1000; at < 100_000; at += 1000) write(at, at + 1000);
    console.log(Math.round(used() - before));
    await log.close();`);
  expect(code).toBe(0);
  // 6 MB of states, and those at hand.
  expect(Number(output)).toBeLessThan(16);
});

test('a state that was handed out stays the one of its table until nobody uses it', async () => {
  const log = await fresh();
  const db = { ends: () => ({ first: null, last: null }), get: () => null };
  const known = new KnownTables({ db, path: log.path, instance: 0 } as never);
  const ids = Array.from({ length: 20_000 }, (_, i) => ({ region: 1n, table: BigInt(i) }));
  const handedOut = ids.map((id) => known.get(id));
  for (const state of handedOut) state.pending += 1n;
  expect(ids.every((id, i) => known.get(id) === handedOut[i])).toBe(true);
  for (const state of handedOut) state.advance();
  for (let i = 0; i < 3; i++) {
    known.rest();
    for (let table = 20_000n; table < 26_000n; table++) known.get({ region: BigInt(i), table });
  }
  expect(known.size).toBe(20_000);
  expect(known.peek(1n, 7n)?.next).toBe(2n);
  expect(known.peek(1n, 7n)).not.toBe(handedOut[7]);
});

/*
 * The hash once was the same in every process, and words made up for each other: ids could be chosen so that all had
 * the same one, and each look-up then looked at all of them.
 */
describe('ids that somebody has chosen', () => {
  const COUNT = 20_000;
  const spread = (x: number, by: number): number => (x ^ (x >>> by)) >>> 0;
  /** What an odd factor has to be multiplied by to become 1. */
  const inverse = (factor: number): number => {
    let found = factor;
    for (let i = 0; i < 5; i++) found = Math.imul(found, 2 - Math.imul(factor, found));
    return found;
  };
  // Lower and upper words of the region and the table.
  const families: Record<string, (n: number) => [number, number, number, number]> = {
    'regions that once had one hash': (n) => [Math.imul(n, 0x85ebca6b) >>> 0, n, 5, 0],
    'tables that once had one hash': (n) => {
      const mixed = Math.imul(n, 0x85ebca77);
      return [0, 0, (n << 3) >>> 0, Math.imul(spread(mixed, 13), inverse(0xc2b2ae3d)) >>> 0];
    },
    'multiples of a power of two': (n) => [1, 0, 0, (n << 12) >>> 0],
    'equal halves': (n) => [n * 8, n * 8, n * 8, n * 8],
  };

  test.each(Object.entries(families))('%s: are spread', (_, idOf) => {
    const hashes = new Set<number>();
    for (let n = 0; n < COUNT; n++) hashes.add(hash(...idOf(n)));
    // Of as many numbers drawn by lot, hardly any is drawn twice.
    expect(hashes.size).toBeGreaterThan(COUNT * 0.99);
  });
});

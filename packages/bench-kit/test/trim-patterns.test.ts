// How trims follow the appends, on a store that keeps only counts: only the calls matter here.
import { expect, test } from 'vitest';
import { temporaryOfFile } from '../../../test/support/temporary.js';
import { runAppend } from '../dist/cases/append.js';
import type { AppendSpec, Store, StoreDriver } from '../dist/index.js';

const directory = temporaryOfFile('bench-trims');

const TABLES = 4;
const ENTRY_BYTES = 65_536;
/** 64 MiB over all tables. */
const WINDOW = 256;

class CountingStore implements Store {
  readonly last: number[] = new Array<number>(TABLES).fill(0);
  readonly trimmed: number[] = new Array<number>(TABLES).fill(0);
  largest = 0;
  appends = 0;

  async append(table: number, payloads: readonly Uint8Array[]): Promise<void> {
    this.last[table] = (this.last[table] ?? 0) + payloads.length;
    // Lets the loop check its clock: a store without any I/O never ends an iteration of the event loop.
    this.appends += 1;
    if (this.appends % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async scan(): Promise<number> {
    return 0;
  }

  async trim(table: number, upTo: number): Promise<void> {
    expect(upTo).toBeGreaterThan(this.trimmed[table] ?? 0);
    expect(upTo).toBeLessThanOrEqual((this.last[table] ?? 0) - WINDOW);
    this.trimmed[table] = upTo;
    if (table !== 0) this.largest = Math.max(this.largest, (this.last[table] ?? 0) - upTo);
  }

  async close(): Promise<void> {}
}

async function run(trim: AppendSpec['trim']): Promise<CountingStore> {
  const store = new CountingStore();
  const driver: StoreDriver = {
    name: 'counting',
    tunedBy: 'nothing',
    durabilities: ['os'],
    version: () => '1',
    open: async () => store,
  };
  const spec: AppendSpec = {
    kind: 'append',
    entryBytes: ENTRY_BYTES,
    tables: TABLES,
    shards: 1,
    durability: 'os',
    batch: 8,
    inFlight: 4,
    spread: 'uniform',
    loop: 'closed',
    trim,
  };
  await runAppend(spec, { driver, driverUrl: '', directory, seed: 1, seconds: 1, warmUpSeconds: 0 });
  return store;
}

test('without trims nothing is trimmed', async () => {
  expect((await run('none')).trimmed).toEqual([0, 0, 0, 0]);
});

test('a window trims every table to its newest entries', async () => {
  const store = await run('window');
  expect(store.trimmed.every((upTo) => upTo > 0)).toBe(true);
  expect(store.largest).toBeLessThanOrEqual(WINDOW + 8 * 4);
});

test('a lagging table is never trimmed, all others are', async () => {
  const store = await run('lagging');
  expect(store.trimmed[0]).toBe(0);
  expect(store.trimmed.slice(1).every((upTo) => upTo > 0)).toBe(true);
});

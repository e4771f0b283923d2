import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logKey, tableRange } from '@shale/codec';
import type { Memtable } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { readRange, verifyEntries, verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const script = fileURLToPath(new URL('./native/test-memtable.mjs', import.meta.url));
const id = { region: 1n, table: 1n };

/** The name of the memtable that RocksDB says it uses. */
function factoryOf(path: string): string | undefined {
  const name = readdirSync(path).find((file) => file.startsWith('OPTIONS-'));
  return /memtable_factory=(.*)/.exec(readFileSync(join(path, name ?? ''), 'utf8'))?.[1];
}

test('the memtable for logs and the skip list agree on random operations, beside readers and through crashes', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, '--sanitize=none', '--scale=0.15'],
    {
      encoding: 'utf8',
    },
  );
  expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toMatch(/records +ok:.*readers +ok:.*database +ok:.*crashes +ok:/s);
});

test.each([
  ['log', 'shale.LogMemtable'],
  ['skiplist', 'shale.HintedSkipList'],
] as const)('memtable: %s is what RocksDB uses', async (memtable, name) => {
  const database = await temporaryDatabase({ memtable });
  expect(factoryOf(database.path)).toBe(name);
});

test('a database changes its memtable from one opening to the next', async () => {
  const path = join(temporaryFolder(), 'db');
  let last = 0n;
  for (const memtable of ['log', 'skiplist', 'log'] as readonly Memtable[]) {
    const database = await temporaryDatabase({ memtable }, path);
    verifyTable(database, id, 1n, last);
    writeRuns(database, [{ id, first: last + 1n, count: 500 }]);
    last += 500n;
    await database.close();
  }
});

test('entries out of order, written again or removed read as they should', async () => {
  const database = await temporaryDatabase({ memtable: 'log' });
  const range = tableRange(0, id);
  writeRuns(database, [{ id, first: 101n, count: 100 }]);
  writeRuns(database, [{ id, first: 1n, count: 100 }]);
  writeRuns(database, [{ id, first: 50n, count: 100 }]);
  writeRuns(database, [{ id, first: 201n, count: 50 }]);
  const snapshot = database.snapshot();
  const meta = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0);
  database.trim(range.lower, logKey({ instance: 0, ...id }, 121n), meta, 250n, { sync: false });
  writeRuns(database, [{ id, first: 251n, count: 50 }]);
  verifyTable(database, id, 121n, 300n);
  const backwards = readRange(database, range, { reverse: true });
  verifyEntries(id, backwards.reverse(), 121n, 300n);
  verifyEntries(id, readRange(database, range, { snapshot }), 1n, 250n);
  expect(database.get(meta)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 250));
});

test('writeBufferSize bounds what the memtable holds', async () => {
  const writeBufferSize = 1 << 20;
  const options = { writeBufferSize, maxWriteBufferNumber: 2 };
  const database = await temporaryDatabase({ memtable: 'log', ...options });
  let last = 0n;
  let most = 0n;
  for (let i = 0; i < 200; i++) {
    writeRuns(database, [{ id, first: last + 1n, count: 500 }]);
    last += 500n;
    const size = database.intProperty('rocksdb.cur-size-active-mem-table') ?? 0n;
    if (size > most) most = size;
  }
  // What was written is more than five times of it.
  expect(most).toBeGreaterThan(writeBufferSize / 2);
  expect(most).toBeLessThan(writeBufferSize * 1.2);
  expect(database.liveFiles().length).toBeGreaterThan(0);
  verifyTable(database, id, 1n, last);
});

import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Database } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const id = { region: 1n, table: 1n };
const ENTRIES = 2000;

/** The last page of a file has its footer, which RocksDB may read again at any time. */
const PAGE = 4096;

/**
 * Bytes of a file that the kernel keeps in memory, more than a page of them, by util-linux's own look; null where that is
 * missing.
 */
function inPageCache(file: string): number | null {
  const look = spawnSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', file], {
    encoding: 'utf8',
  });
  if (look.status !== 0) return null;
  const bytes = Number(look.stdout);
  return bytes > PAGE ? bytes : 0;
}

/** Files there are in memory and nowhere else. */
const TMPFS = 0x01021994;
const cannotTell = statfsSync(tmpdir()).type === TMPFS || inPageCache(process.execPath) === null;

/** Writes a table file, and returns the sequence after its last entry. */
async function flushed(database: Database, next: bigint): Promise<bigint> {
  writeRuns(database, [{ id, first: next, count: ENTRIES }]);
  await database.flush();
  return next + BigInt(ENTRIES);
}

/** The table files from the oldest to the newest, with how much of each is in memory. */
function files(database: Database) {
  const live = database.liveFiles().map(({ name, size }) => ({ name, size }));
  live.sort((a, b) => (a.name < b.name ? -1 : 1));
  return live.map(({ name, size }) => ({ size, inMemory: inPageCache(join(database.path, name)) ?? 0 }));
}

test.skipIf(cannotTell)('of the table files only the newest stay in the page cache', async () => {
  const size = await sizeOfFile();
  const database = await temporaryDatabase({ pageCacheBytes: Math.round(size * 3.5) });
  let next = 1n;
  for (let i = 0; i < 6; i++) next = await flushed(database, next);
  // A file is let go of behind its flush's back.
  while (files(database)[2]?.inMemory !== 0) await setTimeout(5);
  const kept = files(database).map(({ inMemory }) => inMemory > 0);
  expect(kept).toEqual([false, false, false, true, true, true]);
  verifyTable(database, id, 1n, next - 1n);
});

test.skipIf(cannotTell)(
  'what a compaction has written stays in the page cache as the oldest of all',
  async () => {
    const size = await sizeOfFile();
    const database = await temporaryDatabase({
      pageCacheBytes: Math.round(size * 4.5),
      level0FileNumCompactionTrigger: 3,
    });
    let next = 1n;
    for (let i = 0; i < 3; i++) next = await flushed(database, next);
    let made: string | undefined;
    while (made === undefined) {
      await setTimeout(5);
      made = database.liveFiles().find(({ level }) => level > 0)?.name;
    }
    const file = join(database.path, made);
    expect(inPageCache(file)).not.toBe(0);
    // Until it is the oldest of too many. Where another pass takes it along, it is gone.
    while ((inPageCache(file) ?? 0) > 0) next = await flushed(database, next);
    const [newest] = database
      .liveFiles()
      .map(({ name }) => name)
      .toSorted()
      .reverse();
    expect(inPageCache(join(database.path, newest ?? ''))).not.toBe(0);
    verifyTable(database, id, 1n, next - 1n);
  },
);

/** Of one file with that many entries. */
async function sizeOfFile(): Promise<number> {
  const database = await temporaryDatabase();
  await flushed(database, 1n);
  const [file] = database.liveFiles();
  await database.close();
  return file?.size ?? Number.NaN;
}

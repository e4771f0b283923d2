// RocksDB replays what is left of its logs. It took a log that ends after a whole record for complete, and zeros at the
// start of a block for room that was never used: after a power failure that had taken the end of one log, or blocks out
// of its middle, and left what was written later, entries came back with a hole before them.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase, type WalRecoveryMode } from '@shale/rocksdb';
import { beforeEach, expect, test } from 'vitest';
import { readRange, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const id = { region: 1n, table: 1n };
const everything = { lower: Uint8Array.of(1), upper: Uint8Array.of(2) };
const BLOCK = 32 * 1024;
// An entry of 15 bytes takes 64 bytes of the log: a block holds 512, and none straddles two blocks.
const PER_BLOCK = 512n;

let path = '';
let log = '';
let blocks: Buffer[] = [];

/** A database whose log is four full blocks, not flushed, as a process leaves it that was killed. */
beforeEach(async () => {
  const folder = temporaryFolder();
  const database = await temporaryDatabase({}, join(folder, 'live'));
  for (let sequence = 1n; sequence <= 4n * PER_BLOCK; sequence++) {
    writeRuns(database, [{ id, first: sequence, count: 1, payloads: [new Uint8Array(15).fill(7)] }]);
  }
  path = join(folder, 'left');
  cpSync(join(folder, 'live'), path, { recursive: true });
  // A power failure takes the last moves of the watermark with it; with all of them, such an open is refused.
  rmSync(join(path, 'WATERMARK'));
  log = join(path, readdirSync(path).find((name) => name.endsWith('.log')) ?? '');
  const bytes = readFileSync(log);
  expect(bytes.length).toBe(4 * BLOCK);
  blocks = [0, 1, 2, 3].map((index) => bytes.subarray(index * BLOCK, (index + 1) * BLOCK));
});

/** Leaves these blocks of the log: in one file, or in several that follow each other. */
function leave(...logs: readonly (readonly (number | 'zeros')[])[]): void {
  rmSync(log);
  logs.forEach((indexes, number) => {
    const name = `${String(4 + number).padStart(6, '0')}.log`;
    const bytes = indexes.map((index) => (index === 'zeros' ? Buffer.alloc(BLOCK) : (blocks[index] ?? '')));
    writeFileSync(join(path, name), Buffer.concat(bytes.map((part) => Buffer.from(part))));
  });
}

async function sequences(walRecoveryMode: WalRecoveryMode = 'pointInTime'): Promise<string> {
  const database = await openDatabase(path, { walRecoveryMode });
  try {
    const entries = readRange(database, everything);
    return entries.length === 0
      ? 'none'
      : `${entries[0]?.sequence}..${entries.at(-1)?.sequence} (${entries.length})`;
  } finally {
    await database.close();
  }
}

test('logs that follow each other are replayed whole', async () => {
  leave([0, 1], [2], [3], []);
  expect(await sequences()).toBe('1..2048 (2048)');
});

test('a log that lost its end makes the replay stop there, whatever is in the next', async () => {
  leave([0], [2, 3]);
  expect(await sequences()).toBe('1..512 (512)');
});

test('a log that lost everything makes the replay stop there', async () => {
  leave([0], [], [2, 3]);
  expect(await sequences()).toBe('1..512 (512)');
});

test('a first log that lost everything leaves nothing', async () => {
  leave([], [1, 2]);
  expect(await sequences()).toBe('none');
});

test('zeros in the middle of a log make the replay stop there', async () => {
  leave([0, 'zeros', 2, 3]);
  expect(await sequences()).toBe('1..512 (512)');
});

test('what was dropped never comes back, and appends go on from where the replay stopped', async () => {
  leave([0], [2, 3]);
  const database = await openDatabase(path);
  writeRuns(database, [{ id, first: PER_BLOCK + 1n, count: 10 }], true);
  await database.close();
  expect(await sequences()).toBe('1..522 (522)');
});

test.each(['absolute', 'tolerateCorruptedTail'] as const)('recovery mode %s refuses a gap', async (mode) => {
  leave([0], [2, 3]);
  await expect(sequences(mode)).rejects.toMatchObject({ code: 'ROCKSDB_CORRUPTION' });
});

test('recovery mode skipAnyCorrupted salvages what is beyond a gap', async () => {
  leave([0], [2, 3]);
  expect(await sequences('skipAnyCorrupted')).toBe('1..2048 (1536)');
});

test('a read-only open, which can cut nothing off, stops at a gap, too', async () => {
  leave([0], [2, 3]);
  const database = await openDatabase(path, { readOnly: true });
  expect(readRange(database, everything)).toHaveLength(512);
  await database.close();
});

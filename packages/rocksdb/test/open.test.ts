import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import {
  attachDatabase,
  Database,
  openDatabase,
  RocksDBError,
  repairDirectory,
  rocksdbVersion,
} from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { readRange, verifyTable, writeRuns } from './fixtures/entries.mjs';
import { runChild, startChild, waitForLine } from './support/child.js';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const id = { region: 1n, table: 1n };
const everything = { lower: Uint8Array.of(0), upper: Uint8Array.of(255) };
const failure = (code: string) => expect.objectContaining({ name: 'RocksDBError', code });

test('a database is created with the folders that lead to it', async () => {
  const path = join(temporaryFolder(), 'a', 'b', 'ünïcödé');
  const database = await temporaryDatabase({}, path);
  expect(database).toMatchObject({ path, readOnly: false, open: true });
  expect(rocksdbVersion()).toMatch(/^\d+\.\d+\.\d+$/);
});

test('createIfMissing: false finds nothing and leaves nothing', async () => {
  const path = join(temporaryFolder(), 'db');
  await expect(openDatabase(path, { createIfMissing: false })).rejects.toEqual(failure('ROCKSDB_NOT_FOUND'));
  mkdirSync(path);
  await expect(openDatabase(path, { createIfMissing: false })).rejects.toEqual(failure('ROCKSDB_NOT_FOUND'));
  await expect(openDatabase(path, { readOnly: true })).rejects.toEqual(failure('ROCKSDB_NOT_FOUND'));
  expect(readdirSync(path)).toEqual([]);
});

test('an error is a RocksDBError with its path', async () => {
  const path = join(temporaryFolder(), 'db');
  const error = await openDatabase(path, { createIfMissing: false }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RocksDBError);
  expect(error).toMatchObject({ path, subcode: 'none', severity: 'none' });
});

test('a file is no database', async () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, 'x');
  await expect(openDatabase(path)).rejects.toEqual(failure('ROCKSDB_INVALID_ARGUMENT'));
  await expect(openDatabase(join(path, 'below'))).rejects.toEqual(failure('ROCKSDB_IO_ERROR'));
  expect(() => attachDatabase(path)).toThrow(failure('ROCKSDB_INVALID_ARGUMENT'));
});

test.skipIf(process.getuid?.() !== 0)('a folder without permission is an I/O error', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const path = join(folder, 'db');
  await (await openDatabase(path)).close();
  const outcome = await runChild('open-code.mjs', [path, '65534']);
  expect(outcome.output.trim()).toBe('ROCKSDB_IO_ERROR');
});

test('a database of another process is locked, until that process lets go', async () => {
  const path = join(temporaryFolder(), 'db');
  const child = startChild('hold-open.mjs', [path]);
  await waitForLine(child, 'open');
  await expect(openDatabase(path)).rejects.toEqual(failure('ROCKSDB_LOCKED'));
  child.stdin?.end();
  await new Promise((resolve) => child.once('close', resolve));
  await temporaryDatabase({}, path);
});

test('this process locks others out', async () => {
  const database = await temporaryDatabase();
  expect((await runChild('open-code.mjs', [database.path])).output.trim()).toBe('ROCKSDB_LOCKED');
  await database.close();
  expect((await runChild('open-code.mjs', [database.path])).output.trim()).toBe('opened');
});

test('damage to the files is corruption', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 100 }]);
  await database.flush();
  await database.close();
  const table = readdirSync(database.path).find((name) => name.endsWith('.sst')) ?? '';
  truncateSync(join(database.path, table), 100);
  await expect(openDatabase(database.path)).rejects.toEqual(failure('ROCKSDB_CORRUPTION'));
  renameSync(join(database.path, table), join(database.path, 'gone'));
  await expect(openDatabase(database.path)).rejects.toThrow(RocksDBError);
  // A failed open leaves nothing locked and nothing registered.
  expect(() => attachDatabase(database.path)).toThrow(failure('ROCKSDB_CLOSED'));
});

const ldb = spawnSync('ldb', ['--version']).status === 0;
test.skipIf(!ldb)(
  'a database with other column families is refused, and read in its default one',
  async () => {
    const path = join(temporaryFolder(), 'db');
    spawnSync('ldb', [`--db=${path}`, '--create_if_missing', 'put', 'a', 'b']);
    spawnSync('ldb', [`--db=${path}`, 'create_column_family', 'other']);
    await expect(openDatabase(path)).rejects.toEqual(failure('ROCKSDB_NOT_SUPPORTED'));
    const reader = await temporaryDatabase({ readOnly: true }, path);
    expect(reader.get(Buffer.from('a'))).toEqual(Uint8Array.from(Buffer.from('b')));
  },
);

test.skipIf(!ldb)("RocksDB's own tools read what is written here", async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 3 }]);
  await database.flush();
  await database.close();
  const { stdout } = spawnSync('ldb', [`--db=${database.path}`, '--hex', 'scan'], { encoding: 'utf8' });
  expect(stdout.trim().split('\n')).toHaveLength(3);
});

test('all opens of a path share one database, through links too', async () => {
  const first = await temporaryDatabase();
  const link = join(temporaryFolder(), 'link');
  symlinkSync(first.path, link);
  const others = await Promise.all([
    temporaryDatabase({}, link),
    temporaryDatabase({}, `${first.path}/../${first.path.split('/').at(-1)}/`),
    temporaryDatabase({}, relative(process.cwd(), first.path)),
  ]);
  first.put(Uint8Array.of(1), Uint8Array.of(2), { sync: false });
  for (const other of others) {
    expect(other.path).toBe(first.path);
    expect(other.get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
  }
});

test('opens at the same moment share one database', async () => {
  const path = join(temporaryFolder(), 'db');
  const all = await Promise.all(Array.from({ length: 20 }, () => temporaryDatabase({}, path)));
  all[0]?.put(Uint8Array.of(1), Uint8Array.of(2), { sync: false });
  for (const database of all) expect(database.get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
});

test('other options than those of the open handle are a mismatch that names the option', async () => {
  const first = await temporaryDatabase({ writeBufferSize: 1 << 20 });
  await expect(openDatabase(first.path)).rejects.toThrow(/writeBufferSize/);
  await expect(openDatabase(first.path)).rejects.toEqual(failure('ROCKSDB_OPTIONS_MISMATCH'));
  await temporaryDatabase({ writeBufferSize: 1 << 20, createIfMissing: false }, first.path);
});

test('attach joins what is open, and fails when nothing is', async () => {
  const folder = temporaryFolder();
  expect(() => attachDatabase(folder)).toThrow(failure('ROCKSDB_CLOSED'));
  expect(() => attachDatabase(join(folder, 'none'))).toThrow(failure('ROCKSDB_NOT_FOUND'));
  const first = await temporaryDatabase({}, folder);
  expect(() => attachDatabase(folder, { handleId: 1 })).toThrow(failure('ROCKSDB_CLOSED'));
  const second = attachDatabase(folder);
  await first.close();
  second.put(Uint8Array.of(1), Uint8Array.of(2), { sync: false });
  await second.close();
  expect(() => attachDatabase(folder)).toThrow(failure('ROCKSDB_CLOSED'));
});

test('a reopen right after a close waits for it, over and over', async () => {
  const path = join(temporaryFolder(), 'db');
  let next = 1n;
  for (let round = 0; round < 15; round++) {
    const database = await openDatabase(path);
    writeRuns(database, [{ id, first: next, count: 10 }]);
    next += 10n;
    void database.close();
  }
  const database = await temporaryDatabase({}, path);
  verifyTable(database, id, 1n, next - 1n);
});

test('after close, every call says so; close itself is idempotent', async () => {
  const database = await temporaryDatabase();
  const closing = database.close();
  expect(database.close()).toBe(closing);
  await closing;
  expect(database.open).toBe(false);
  const key = Uint8Array.of(1);
  const closed = failure('ROCKSDB_CLOSED');
  expect(() => database.get(key)).toThrow(closed);
  expect(() => database.put(key, key, { sync: false })).toThrow(closed);
  expect(() =>
    database.write(new Uint8Array(0), new Uint8Array(0), new Uint8Array(0), { sync: false }),
  ).toThrow(closed);
  expect(() => database.trim(key, key, key, 1n, { sync: false })).toThrow(closed);
  expect(() => database.drop(key, key, key, { sync: false })).toThrow(closed);
  expect(() => database.scan(key, key, new ArrayBuffer(8))).toThrow(closed);
  expect(() => database.ends(key, key)).toThrow(closed);
  expect(() => database.heads(key, key, new ArrayBuffer(40))).toThrow(closed);
  expect(() => database.records(key, key, new ArrayBuffer(8))).toThrow(closed);
  expect(() => database.snapshot()).toThrow(closed);
  expect(() => database.property('rocksdb.stats')).toThrow(closed);
  expect(() => database.intProperty('rocksdb.stats')).toThrow(closed);
  expect(() => database.statistics()).toThrow(closed);
  expect(() => database.approximateSize(key, key)).toThrow(closed);
  expect(() => database.liveFiles()).toThrow(closed);
  expect(() => database.latestSequence()).toThrow(closed);
  expect(() => database.claim('x')).toThrow(closed);
  expect(() => database.releaseClaim('x')).toThrow(closed);
  await expect(database.syncWal()).rejects.toEqual(closed);
  await expect(database.flush()).rejects.toEqual(closed);
  await expect(database.compactRange()).rejects.toEqual(closed);
  await expect(database.deleteFilesInRanges([])).rejects.toEqual(closed);
  await expect(database.checkpoint('x')).rejects.toEqual(closed);
  await expect(database.resume()).rejects.toEqual(closed);
});

test('calls under way survive a close', async () => {
  const database = await temporaryDatabase();
  writeRuns(database, [{ id, first: 1n, count: 5000 }]);
  const flushing = database.flush();
  const syncing = database.syncWal();
  await database.close();
  await flushing;
  await syncing;
});

test('await using closes', async () => {
  const path = join(temporaryFolder(), 'db');
  {
    await using database = await openDatabase(path);
    database.put(Uint8Array.of(1), Uint8Array.of(2), { sync: false });
  }
  expect((await runChild('open-code.mjs', [path])).output.trim()).toBe('opened');
});

test('a read-only database refuses every write', async () => {
  const writer = await temporaryDatabase();
  writeRuns(writer, [{ id, first: 1n, count: 10 }]);
  await writer.close();
  const reader = await temporaryDatabase({ readOnly: true }, writer.path);
  verifyTable(reader, id, 1n, 10n);
  const key = Uint8Array.of(1);
  const refused = failure('ROCKSDB_READ_ONLY');
  expect(() => reader.put(key, key, { sync: false })).toThrow(refused);
  expect(() => writeRuns(reader, [{ id, first: 11n, count: 1 }])).toThrow(refused);
  expect(() => reader.trim(key, key, key, 1n, { sync: false })).toThrow(refused);
  expect(() => reader.drop(key, key, key, { sync: false })).toThrow(refused);
  await expect(reader.flush()).rejects.toEqual(refused);
  await expect(reader.compactRange()).rejects.toEqual(refused);
  await expect(reader.syncWal()).rejects.toEqual(refused);
  await expect(reader.resume()).rejects.toEqual(refused);
  await expect(reader.deleteFilesInRanges([])).rejects.toEqual(refused);
});

test('a reader looks while this process writes, and sees what was there when it was opened', async () => {
  const writer = await temporaryDatabase();
  writeRuns(writer, [{ id, first: 1n, count: 10 }]);
  const reader = await temporaryDatabase({ readOnly: true }, writer.path);
  writeRuns(writer, [{ id, first: 11n, count: 10 }]);
  verifyTable(reader, id, 1n, 10n);
  const snapshot = reader.snapshot();
  expect(readRange(reader, everything, { snapshot })).toHaveLength(10);
});

test('every reader sees what was there when it was opened, and can be attached to by its handleId', async () => {
  const writer = await temporaryDatabase();
  const readers = [];
  for (let i = 0; i < 3; i++) {
    writeRuns(writer, [{ id, first: BigInt(i * 10 + 1), count: 10 }]);
    readers.push(await temporaryDatabase({ readOnly: true }, writer.path));
  }
  expect(writer.handleId).toBe(0);
  expect(new Set([writer, ...readers].map(({ handleId }) => handleId)).size).toBe(4);
  for (const [i, reader] of readers.entries()) {
    const attached = attachDatabase(writer.path, { handleId: reader.handleId });
    expect(attached).toMatchObject({ readOnly: true, handleId: reader.handleId });
    await reader.close();
    verifyTable(attached, id, 1n, BigInt(i * 10 + 10));
    await attached.close();
    expect(() => attachDatabase(writer.path, { handleId: reader.handleId })).toThrow(
      failure('ROCKSDB_CLOSED'),
    );
  }
  expect(attachDatabase(writer.path)).toMatchObject({ readOnly: false, handleId: 0 });
});

test('a reader looks while another process writes, flushes and compacts, and never sees a hole', async () => {
  const path = join(temporaryFolder(), 'db');
  const child = startChild('hold-open.mjs', [path, 'write']);
  await waitForLine(child, 'open');
  let largest = 0;
  try {
    for (let round = 0; round < 15; ) {
      const reader = await openDatabase(path, { readOnly: true }).catch((error: unknown) => error);
      // On a busy machine the writer can be too fast for a reader, who is told so.
      if (reader instanceof RocksDBError && reader.code === 'ROCKSDB_TRY_AGAIN') continue;
      if (!(reader instanceof Database)) throw reader;
      round++;
      const entries = readRange(reader, everything, { chunkBytes: 1 << 20 });
      entries.forEach((entry, index) => {
        if (entry.sequence !== BigInt(index + 1)) throw new Error(`hole at ${entry.sequence}`);
      });
      largest = Math.max(largest, entries.length);
      await reader.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    child.stdin?.end();
    await new Promise((resolve) => child.once('close', resolve));
  }
  expect(largest).toBeGreaterThan(0);
  // A reader leaves no journal of its own behind.
  expect(readdirSync(path).filter((name) => name.startsWith('LOG.old'))).toEqual([]);
});

test('a claim is exclusive, and given back by its owner only', async () => {
  const first = await temporaryDatabase();
  const second = await temporaryDatabase({}, first.path);
  expect(first.claim('wal-0')).toBe(true);
  expect(first.claim('wal-0')).toBe(false);
  expect(second.claim('wal-0')).toBe(false);
  expect(second.claim('wal-1')).toBe(true);
  second.releaseClaim('wal-0');
  expect(second.claim('wal-0')).toBe(false);
  first.releaseClaim('wal-0');
  expect(second.claim('wal-0')).toBe(true);
  await second.close();
  expect(first.claim('wal-0')).toBe(true);
});

test('a database without any table file can be looked at', async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, '000007.sst'), 'no table file');
  await repairDirectory(path);
  expect(readdirSync(path).filter((name) => /\.(sst|log)$/.test(name))).toEqual([]);
  const database = await temporaryDatabase({ readOnly: true }, path);
  expect(database.get(Uint8Array.of(1))).toBeNull();
  expect(readRange(database, everything)).toEqual([]);
});

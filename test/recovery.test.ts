// What an opening makes of a log that does not reach as far as it must.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openWal, WalError } from '@shale/engine';
import { asAfterReboot, buildPreload } from '@shale/fault-kit';
import { Database, openDatabase, RocksDBError } from '@shale/rocksdb';
import { type LogOptions, openLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { temporary } from './support/temporary.js';

const id = { region: 1n, table: 5n };
const SIZE = 100;
const slowDeletes = fileURLToPath(new URL('./support/slow-deletes.c', import.meta.url));

const folder = (): string => temporary('recovery');

/** Entries 1 to `synced`, durable, and up to `count`, handed to the system; as the death of the process leaves them. */
async function crashed(synced: number, count = synced): Promise<string> {
  const path = join(folder(), 'live');
  const log = await openLog(path);
  for (let i = 1; i <= count; i++) log.append(id, [payload(i)], { sync: i <= synced });
  const copy = join(folder(), 'db');
  cpSync(path, copy, { recursive: true });
  await log.close();
  return copy;
}

function payload(i: number): Buffer {
  return Buffer.alloc(SIZE, i);
}

function liveLog(path: string): string {
  const name = readdirSync(path).find((candidate) => candidate.endsWith('.log'));
  return join(path, name ?? '');
}

/** Bytes that one entry takes in the log. */
const RECORD = 7 + 12 + 2 + 26 + 1 + SIZE + 1;

function damageEntry(path: string, entry: number): void {
  const bytes = readFileSync(liveLog(path));
  bytes.fill(0x55, (entry - 1) * RECORD + 50, (entry - 1) * RECORD + 60);
  writeFileSync(liveLog(path), bytes);
}

async function failure(path: string, options: LogOptions = {}): Promise<WalError> {
  const error = await openLog(path, options).then(
    async (log) => {
      await log.close();
      throw new Error(`it opened with ${log.recovery.reached}`);
    },
    (caught: unknown) => caught,
  );
  if (!(error instanceof WalError)) throw error;
  expect(error.code).toBe('SHALE_CORRUPT');
  return error;
}

async function sequencesOf(path: string, options: LogOptions = {}): Promise<bigint[]> {
  const log = await openLog(path, options);
  try {
    return [...log.read(id)].map(({ sequence }) => sequence);
  } finally {
    await log.close();
  }
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => BigInt(i + 1));

test('an acknowledged entry that was torn off the log is missed, and nothing is changed', async () => {
  const path = await crashed(10);
  const size = statSync(liveLog(path)).size;
  truncateSync(liveLog(path), size - 1);
  const error = await failure(path);
  expect(error.message).toContain(
    `${liveLog(path).slice(path.length + 1)} is damaged at offset ${9 * RECORD}`,
  );
  expect(error.recovery).toMatchObject({ promised: 10n, reached: 9n, missing: true, place: 'tail' });
  expect(statSync(liveLog(path)).size).toBe(size - 1);
  await failure(path, { readOnly: true });
  expect(await sequencesOf(path, { recovery: 'salvage' })).toEqual(upTo(9));
});

test('entries behind damage are named with their table and sequences', async () => {
  const path = await crashed(10);
  damageEntry(path, 4);
  const error = await failure(path);
  expect(error.message).toMatch(/offset \d+ \(checksum.*region 1, table 5, sequences 5 to 10/);
  expect(error.message).toContain("recovery: 'salvage'");
  expect(error.recovery).toMatchObject({
    place: 'middle',
    beyond: { records: 6, entries: 6 },
    damages: [{ offset: 3 * RECORD, bytes: RECORD, kind: 'checksum', expected: 4n }],
    tables: [
      { ...id, instance: 0, readable: { first: 1n, last: 3n }, beyond: { first: 5n, last: 10n, entries: 6 } },
    ],
  });
});

test('salvage gives no sequence out again that was seen behind the damage, and keeps the damaged log', async () => {
  const path = await crashed(10);
  damageEntry(path, 4);
  const damaged = readFileSync(liveLog(path));
  const wal = await openWal(path, { recovery: 'salvage' });
  expect(wal.recovery).toMatchObject({ salvaged: true, missing: true });
  expect(await wal.table(id).append(Buffer.from('next'))).toBe(11n);
  await wal.close();
  const kept = readdirSync(join(path, 'damaged-logs'));
  expect(kept.map((name) => readFileSync(join(path, 'damaged-logs', name)))).toEqual([damaged]);
  // It has been told: from here on it is as any other.
  expect(await sequencesOf(path)).toEqual([1n, 2n, 3n, 11n]);
});

test('after the machine has been started anew, only what was synced must be there', async () => {
  const path = await crashed(5, 10);
  asAfterReboot(path);
  truncateSync(liveLog(path), 7 * RECORD + 30);
  const copy = join(folder(), 'copy');
  cpSync(path, copy, { recursive: true });
  const log = await openLog(path);
  expect(log.recovery).toMatchObject({ promised: 5n, reached: 7n, missing: false, place: 'tail' });
  expect(log.recovery.damages).toMatchObject([{ kind: 'truncated', offset: 7 * RECORD, bytes: 30 }]);
  await log.close();
  expect(await sequencesOf(path)).toEqual(upTo(7));
  truncateSync(liveLog(copy), 5 * RECORD - 1);
  expect((await failure(copy)).recovery).toMatchObject({ promised: 5n, reached: 4n });
});

test('a hole behind the last durable entry ends the log: what follows it is not read past it', async () => {
  const path = await crashed(5, 400);
  asAfterReboot(path);
  // A page that never reached the disk, at the start of a block: RocksDB steps over it without a word.
  const bytes = readFileSync(liveLog(path));
  expect(bytes.length).toBeGreaterThan(40_000);
  bytes.fill(0, Math.floor(5 * RECORD), Math.floor(5 * RECORD) + 4096);
  writeFileSync(liveLog(path), bytes);
  expect(await sequencesOf(path, { readOnly: true })).toEqual(upTo(5));
  expect(await sequencesOf(path)).toEqual(upTo(5));
});

test('a record whose kind has changed to that of a recycled log is damage, and not the end of the log', async () => {
  const path = await crashed(5, 10);
  asAfterReboot(path);
  const bytes = readFileSync(liveLog(path));
  const kindAt = 7 * RECORD + 6;
  expect(bytes[kindAt]).toBe(1);
  bytes[kindAt] = 5;
  writeFileSync(liveLog(path), bytes);
  const log = await openLog(path);
  expect([...log.read(id)].map(({ sequence }) => sequence)).toEqual(upTo(7));
  expect(log.recovery).toMatchObject({ place: 'middle', beyond: { records: 2, entries: 2 } });
  await log.close();
  const { keptIn } = log.recovery;
  expect(readFileSync(join(keptIn ?? '', basename(liveLog(join(path, 'damaged-logs')))))).toEqual(bytes);
});

test('a log that begins with a torn record keeps nobody from making backups and checkpoints', async () => {
  const path = await crashed(0, 3);
  asAfterReboot(path);
  const bytes = readFileSync(liveLog(path));
  writeFileSync(liveLog(path), bytes.subarray(0, RECORD).fill(0x55, 50, 60));
  const log = await openLog(path);
  expect([...log.read(id)]).toEqual([]);
  const place = folder();
  await log.backup(join(place, 'backups'));
  await log.checkpoint(join(place, 'checkpoint'));
  await log.close();
});

test('a log that is missing is missed, whether the manifest has moved on or not', async () => {
  const path = await crashed(10);
  rmSync(liveLog(path));
  expect((await failure(path)).message).toContain('No damage was found: a log file is missing');

  const flushed = join(folder(), 'flushed');
  const log = await openLog(flushed);
  for (let i = 1; i <= 10; i++) log.append(id, [payload(i)]);
  await log.flush();
  for (let i = 11; i <= 20; i++) log.append(id, [payload(i)]);
  const copy = join(folder(), 'db');
  cpSync(flushed, copy, { recursive: true });
  await log.close();
  rmSync(liveLog(copy));
  expect((await failure(copy)).recovery).toMatchObject({ promised: 20n, reached: 10n });
});

test('a database without its CURRENT is not taken for none, and not created anew', async () => {
  const path = await crashed(3);
  rmSync(join(path, 'CURRENT'));
  for (const options of [{}, { create: false }, { readOnly: true }, { recovery: 'salvage' }] as const) {
    expect((await failure(path, options)).message).toContain('CURRENT is missing');
  }
  expect(existsSync(join(path, 'CURRENT'))).toBe(false);
});

test('a database that was being created when the process died can be created', async () => {
  const path = await crashed(0);
  for (const name of readdirSync(path)) rmSync(join(path, name));
  writeFileSync(join(path, 'MANIFEST-000001'), 'half a manif');
  writeFileSync(join(path, 'LOCK'), '');
  expect(await sequencesOf(path)).toEqual([]);
});

test('a CURRENT that names nothing, and a manifest that is missing or empty, are damage', async () => {
  const path = await crashed(3);
  const current = readFileSync(join(path, 'CURRENT'), 'utf8');
  const manifest = join(path, current.trim());
  for (const text of ['', 'MANIFEST-000005', 'garbage', 'MANIFEST-999999\n']) {
    writeFileSync(join(path, 'CURRENT'), text);
    await failure(path);
  }
  writeFileSync(join(path, 'CURRENT'), current);
  truncateSync(manifest, 0);
  expect((await failure(path)).message).toContain(manifest);
  rmSync(manifest);
  expect((await failure(path)).message).toContain(manifest);
});

test('without the watermark, or with a foreign file for it, nothing is checked, and it comes into being', async () => {
  for (const content of [null, 'not a watermark', '']) {
    const path = await crashed(10);
    const watermark = join(path, 'WATERMARK');
    if (content === null) rmSync(watermark);
    else writeFileSync(watermark, content);
    truncateSync(liveLog(path), 9 * RECORD);
    const log = await openLog(path);
    expect(log.recovery.watermark).toBe(content === 'not a watermark' ? 'damaged' : 'missing');
    expect(log.recovery.missing).toBe(false);
    log.append(id, [payload(10)]);
    const copy = join(folder(), 'copy');
    cpSync(path, copy, { recursive: true });
    await log.close();
    expect(statSync(watermark).mode & 0o777).toBe(0o600);
    truncateSync(liveLog(copy), statSync(liveLog(copy)).size - 1);
    expect((await failure(copy)).recovery).toMatchObject({ promised: 10n, reached: 9n });
  }
});

test('a checkpoint, a copy without the watermark, opens', async () => {
  const path = await crashed(10);
  const log = await openLog(path);
  const checkpoint = join(folder(), 'checkpoint');
  await log.checkpoint(checkpoint);
  await log.close();
  expect(existsSync(join(checkpoint, 'WATERMARK'))).toBe(false);
  expect(await sequencesOf(checkpoint)).toEqual(upTo(10));
});

test('a second process that has it open is SHALE_LOCKED, not damage', async () => {
  const path = join(folder(), 'db');
  const writer = spawn(process.execPath, [
    fileURLToPath(new URL('./dist/support/busy-writer.js', import.meta.url)),
    path,
    '0',
  ]);
  try {
    await once(createInterface(writer.stdout), 'line');
    const error = await openLog(path).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'SHALE_LOCKED' });
  } finally {
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  }
});

/** Looks at the log so many times, or for twenty seconds, beside the writer, which is then killed. */
async function readBesideBusyWriter(times: number, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const path = join(folder(), 'db');
  const script = fileURLToPath(new URL('./dist/support/busy-writer.js', import.meta.url));
  const writer = spawn(process.execPath, [script, path, '0'], { env: { ...process.env, ...env } });
  try {
    await once(createInterface(writer.stdout), 'line');
    let last = 0n;
    // Each try may take ten seconds on a busy machine, before a reader gives up.
    const until = performance.now() + 20_000;
    for (let i = 0; i < times && performance.now() < until; i++) {
      const database = await openDatabase(path, { readOnly: true }).catch((error: unknown) => error);
      // On a busy machine the writer can be too fast for a reader: that is said, and no damage.
      if (database instanceof RocksDBError && database.code === 'ROCKSDB_TRY_AGAIN') continue;
      if (!(database instanceof Database)) throw database;
      expect(database.recovery.missing).toBe(false);
      const now = database.latestSequence();
      expect(now).toBeGreaterThanOrEqual(database.recovery.promised);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
      await database.close();
    }
  } finally {
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  }
  return path;
}

test('a reader beside a busy writer never takes for damage what is being written', async () => {
  const log = await openLog(await readBesideBusyWriter(40));
  expect(log.recovery).toMatchObject({ watermark: 'valid', missing: false });
  expect(log.recovery.promised).toBeGreaterThan(0n);
  await log.close();
});

// RocksDB deletes the newest of several logs first: the oldest is still there when others are not.
test.runIf(process.platform === 'linux')('nor misses logs that are being deleted', async () => {
  await readBesideBusyWriter(400, { LD_PRELOAD: buildPreload(slowDeletes) });
});

test('the watermark is exact when a process is killed, for what the system only had', async () => {
  const path = join(folder(), 'db');
  const writer = spawn(process.execPath, [
    fileURLToPath(new URL('./dist/support/busy-writer.js', import.meta.url)),
    path,
    '50',
  ]);
  await once(createInterface(writer.stdout), 'line');
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  const size = statSync(liveLog(path)).size;
  truncateSync(liveLog(path), size - 1);
  expect((await failure(path)).recovery).toMatchObject({ promised: 50n, reached: 49n });
});

/** A database with flushes that its manifest tells of, as the death of the process leaves it; and its manifest. */
async function flushedTwice(): Promise<{ path: string; manifest: string; before: number }> {
  const live = join(folder(), 'live');
  const log = await openLog(live);
  const path = join(folder(), 'db');
  const manifest = () => join(path, readFileSync(join(path, 'CURRENT'), 'utf8').trim());
  for (let i = 1; i <= 10; i++) log.append(id, [payload(i)]);
  await log.flush();
  cpSync(live, path, { recursive: true });
  const before = statSync(manifest()).size;
  const logs = join(folder(), 'logs');
  cpSync(live, logs, { recursive: true });
  for (let i = 11; i <= 20; i++) log.append(id, [payload(i)]);
  // The log is still there when the power fails between the record of the flush and its sync.
  cpSync(live, logs, { recursive: true });
  await log.flush();
  for (let i = 21; i <= 25; i++) log.append(id, [payload(i)]);
  cpSync(live, path, { recursive: true });
  for (const name of readdirSync(logs)) {
    if (name.endsWith('.log')) cpSync(join(logs, name), join(path, name));
  }
  await log.close();
  return { path, manifest: manifest(), before };
}

// RocksDB does not open a manifest whose last record is torn in the middle, though that record was never made durable,
// so that a power failure while it was written left a log that only `shale repair` could save.
test('a record of the manifest that the power failed in is cut off, and nothing is lost', async () => {
  for (const torn of [0, 7, 20]) {
    const { path, manifest, before } = await flushedTwice();
    const bytes = readFileSync(manifest);
    expect(bytes.length).toBeGreaterThan(before + 40);
    bytes.fill(0, before + torn, before + torn + 12);
    writeFileSync(manifest, bytes);
    expect((await failure(path, { readOnly: true })).message).toContain('opened for writing, it goes on');
    expect(readFileSync(manifest)).toEqual(bytes);

    const log = await openLog(path);
    expect([...log.read(id)].map(({ sequence }) => sequence)).toEqual(upTo(25));
    expect(log.recovery.damages).toMatchObject([
      { file: manifest.slice(path.length + 1), offset: before, harmless: true },
    ]);
    expect(log.recovery.keptIn).toBe(join(path, 'damaged-logs'));
    await log.close();
    expect(readFileSync(join(path, 'damaged-logs', manifest.slice(path.length + 1)))).toEqual(bytes);
    expect(await sequencesOf(path)).toEqual(upTo(25));
  }
});

test('a manifest that something was deleted after is not cut off: a log, or a table file', async () => {
  for (const missing of ['.log', '.sst']) {
    const { path, manifest, before } = await flushedTwice();
    const bytes = readFileSync(manifest);
    bytes.fill(0, before + 7, before + 19);
    writeFileSync(manifest, bytes);
    const names = readdirSync(path)
      .filter((name) => name.endsWith(missing))
      .sort();
    expect(names.length).toBeGreaterThan(1);
    rmSync(join(path, names[0] ?? ''));
    const files = readdirSync(path);
    expect((await failure(path)).message).toContain(`${manifest} is damaged at offset ${before}`);
    expect(readdirSync(path)).toEqual(files);
    expect(readFileSync(manifest)).toEqual(bytes);
  }
});

// A manifest was cut off, and then RocksDB did not open the database after all: a refused opening had changed a file.
test('a manifest that was cut off is put back when RocksDB does not open the database', async () => {
  const { path, manifest, before } = await flushedTwice();
  const torn = readFileSync(manifest);
  torn.fill(0, before + 7, before + 19);
  writeFileSync(manifest, torn);
  const table = join(path, readdirSync(path).find((name) => name.endsWith('.sst')) ?? '');
  const damaged = readFileSync(table);
  damaged.fill(0, damaged.length - 60);
  writeFileSync(table, damaged);
  await failure(path);
  expect(readFileSync(manifest)).toEqual(torn);
  expect(existsSync(join(path, 'damaged-logs'))).toBe(false);
});

test('a manifest is not cut off to where it is none yet', async () => {
  const path = await crashed(5);
  const manifest = join(path, readFileSync(join(path, 'CURRENT'), 'utf8').trim());
  const bytes = readFileSync(manifest);
  // The first record tells no more than the comparator.
  const second = 7 + bytes.readUInt16LE(4);
  bytes[second + 8] = (bytes[second + 8] ?? 0) ^ 1;
  writeFileSync(manifest, bytes);
  expect((await failure(path)).message).toContain(`${manifest} is damaged at offset ${second}`);
  expect(readFileSync(manifest)).toEqual(bytes);
});

/** Where the records of a manifest of less than a block begin, and where the last one ends. */
function recordStarts(manifest: Buffer): number[] {
  const starts = [0];
  for (let at = 0; at < manifest.length; ) {
    at += 7 + manifest.readUInt16LE(at + 4);
    starts.push(at);
  }
  return starts;
}

// An opening writes what it replays to table files, says so in records of the new manifest, and deletes the logs. Where
// those records could not be read, or were cut off the file, the entries were gone and nobody said so: the check took
// for granted that table files held everything up to where the opening had begun, and cut the damaged records off.
test('what an opening has replayed is missed when the manifest has lost the records of it', async () => {
  const live = join(folder(), 'live');
  let log = await openLog(live);
  for (let i = 1; i <= 10; i++) log.append(id, [payload(i)], { sync: true });
  await log.close();
  log = await openLog(live);
  for (let i = 11; i <= 15; i++) log.append(id, [payload(i)], { sync: true });
  const path = join(folder(), 'db');
  cpSync(live, path, { recursive: true });
  await log.close();

  const manifest = join(path, readFileSync(join(path, 'CURRENT'), 'utf8').trim());
  const whole = readFileSync(manifest);
  const starts = recordStarts(whole);
  expect(starts.length).toBeGreaterThan(3);
  let refused = 0;
  for (const [record, start] of starts.slice(0, -1).entries()) {
    const end = starts[record + 1] ?? 0;
    const flipped = Buffer.from(whole);
    flipped[end - 1] = (flipped[end - 1] ?? 0) ^ 1;
    for (const bytes of [flipped, whole.subarray(0, start), whole.subarray(0, end - 1)]) {
      writeFileSync(manifest, bytes);
      const copy = join(folder(), 'copy');
      cpSync(path, copy, { recursive: true });
      const found = await sequencesOf(copy).catch((error: unknown) => error);
      if (found instanceof WalError && found.code === 'SHALE_CORRUPT') {
        refused++;
        expect(readFileSync(join(copy, basename(manifest)))).toEqual(bytes);
      } else expect(found).toEqual(upTo(15));
    }
  }
  expect(refused).toBeGreaterThan(3);

  writeFileSync(manifest, whole.subarray(0, starts[2]));
  expect((await failure(path)).message).toContain('`shale repair` finds');
  writeFileSync(manifest, whole);
  expect(await sequencesOf(path)).toEqual(upTo(15));
});

// After the machine has been started anew, what was only handed to the system need not be there. But a flush had put it
// into a table file, and cutting off the damaged record of the flush removed that.
test('a damaged record of a flush is not cut off when the log of what was flushed is gone', async () => {
  const live = join(folder(), 'live');
  const log = await openLog(live);
  for (let i = 1; i <= 10; i++) log.append(id, [payload(i)], { sync: false });
  const path = join(folder(), 'db');
  const manifest = join(path, readFileSync(join(live, 'CURRENT'), 'utf8').trim());
  const before = statSync(join(live, basename(manifest))).size;
  await log.flush();
  cpSync(live, path, { recursive: true });
  await log.close();
  asAfterReboot(path);
  expect(statSync(liveLog(path)).size).toBe(0);

  const bytes = readFileSync(manifest);
  bytes[before + 20] = (bytes[before + 20] ?? 0) ^ 1;
  writeFileSync(manifest, bytes);
  expect((await failure(path)).message).toContain(`${manifest} is damaged at offset ${before}`);
  expect(readFileSync(manifest)).toEqual(bytes);
  expect(existsSync(join(path, 'damaged-logs'))).toBe(false);
});

test('what lies behind a missing log is kept as a copy, also when nothing of it was promised', async () => {
  const live = join(folder(), 'live');
  const log = await openLog(live);
  for (let i = 1; i <= 10; i++) log.append(id, [payload(i)], { sync: false });
  const manifest = readFileSync(join(live, 'CURRENT'), 'utf8').trim();
  const before = statSync(join(live, manifest)).size;
  await log.flush();
  for (let i = 11; i <= 20; i++) log.append(id, [payload(i)], { sync: false });
  const path = join(folder(), 'db');
  cpSync(live, path, { recursive: true });
  await log.close();
  asAfterReboot(path);
  truncateSync(join(path, manifest), before);
  const name = basename(liveLog(path));
  const bytes = readFileSync(liveLog(path));

  const again = await openLog(path);
  await again.close();
  expect(again.recovery.keptIn).toBe(join(path, 'damaged-logs'));
  expect(readFileSync(join(path, 'damaged-logs', name))).toEqual(bytes);
});

// What an opening makes of a database that another program has written to, with options of RocksDB that change what a
// log looks like. The other program is compat/foreign-writer.cc, which knows RocksDB and nothing of Shale.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openWal, type VerifyEvent, type Wal, WalError, type WalOptions } from '@shale/engine';
import { type LogOptions, openLog, type RepairLoss, repairDatabase } from '@shale/storage';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ForeignWriter } from './dist/native/foreign-writer.js';
import { crc32c } from './support/crc32c.js';
import { temporaryOfFile } from './support/temporary.js';

const folder = temporaryOfFile('foreign');
const id = { region: 1n, table: 1n };
let writer: ForeignWriter;
let directory: string;
let databases = 0;

beforeAll(() => {
  writer = ForeignWriter.build(folder);
});

beforeEach(() => {
  directory = join(folder, `database-${databases++}`);
});

async function withWal<R>(use: (wal: Wal) => Promise<R>, options: WalOptions = {}): Promise<R> {
  const wal = await openWal(directory, { shards: 1, ...options });
  try {
    return await use(wal);
  } finally {
    await wal.close();
  }
}

/** Shale appends so many entries to the table, and closes. */
async function append(count: number): Promise<void> {
  await withWal(async (wal) => {
    await wal.table(id).appendBatch(Array.from({ length: count }, (_, i) => Buffer.alloc(50, i)));
  });
}

async function sequences(options: LogOptions = {}): Promise<bigint[]> {
  const log = await openLog(directory, options);
  try {
    return [...log.read(id)].map(({ sequence }) => sequence);
  } finally {
    await log.close();
  }
}

async function refusal(options: LogOptions = {}): Promise<WalError> {
  const before = contents();
  const error = await openLog(directory, options).then(
    async (log) => {
      await log.close();
      throw new Error(`it opened with ${JSON.stringify(log.recovery.reached?.toString())}`);
    },
    (caught: unknown) => caught,
  );
  if (!(error instanceof WalError)) throw error;
  expect(contents()).toEqual(before);
  return error;
}

/** What a refusal must leave alone. */
function contents(): Map<string, string> {
  const names = readdirSync(directory).filter((name) =>
    /\.(?:log|sst|blob)$|^(?:MANIFEST|CURRENT|WATERMARK)/.test(name),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(directory, name)).toString('base64')]));
}

function logs(): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(directory, name));
}

/** The log with something in it. */
function liveLog(): string {
  const log = logs().findLast((name) => readFileSync(name).length > 0);
  if (log === undefined) throw new Error('there is no log with anything in it');
  return log;
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(file, bytes);
}

const upTo = (last: number, first = 1): bigint[] =>
  Array.from({ length: last - first + 1 }, (_, i) => BigInt(first + i));

describe('a log with compressed records', () => {
  const compressed = { wal_compression: 'kZSTD' };

  test('is not taken for one that is not when it is the record that says so which is damaged', async () => {
    await append(10);
    writer.write(directory, ['many 1 1 11 10 50', 'kill'], compressed);
    flip(liveLog(), 8);
    expect((await refusal()).code).toBe('SHALE_CORRUPT');
    expect(await sequences({ recovery: 'salvage' })).toEqual(upTo(10));
    expect(existsSync(join(directory, 'damaged-logs'))).toBe(true);
  });

  test.each([
    ['closed', []],
    ['killed', ['kill']],
  ])(
    'of a program that was %s is replayed whole, and it is said that it was not examined',
    async (_, end) => {
      await append(10);
      writer.write(directory, ['many 1 1 11 490 300', ...end], compressed);
      expect(await sequences({ readOnly: true })).toEqual(upTo(500));
      const log = await openLog(directory);
      expect(log.recovery.unexamined).toMatchObject([{ reason: 'compressed' }]);
      expect([...log.read(id)].map(({ sequence }) => sequence)).toEqual(upTo(500));
      expect(log.append(id, [Buffer.from('next')]).first).toBe(501n);
      await log.close();
    },
  );

  test('is told of by verify', async () => {
    await append(10);
    writer.write(directory, ['many 1 1 11 10 300', 'kill'], compressed);
    await withWal(
      async (wal) => {
        const findings: VerifyEvent[] = [];
        for await (const event of wal.verify()) if (event.type === 'finding') findings.push(event);
        expect(findings).toMatchObject([{ severity: 'warning', kind: 'unexamined' }]);
      },
      { readOnly: true },
    );
  });

  test('that is torn at its end is replayed up to there', async () => {
    await append(10);
    writer.write(directory, ['many 1 1 11 100 300', 'kill'], compressed);
    const bytes = readFileSync(liveLog());
    writeFileSync(liveLog(), bytes.subarray(0, bytes.length - 3));
    expect(await sequences()).toEqual(upTo(109));
  });

  test('that is damaged in the middle is refused; salvage keeps it, and goes on with what is before', async () => {
    await append(10);
    writer.write(directory, ['many 1 1 11 400 300', 'kill'], compressed);
    flip(liveLog(), 30_000);
    const damaged = readFileSync(liveLog());
    expect((await refusal()).code).toBe('SHALE_CORRUPT');
    expect((await refusal({ readOnly: true })).code).toBe('SHALE_CORRUPT');
    const name = liveLog().slice(directory.length + 1);
    const found = await sequences({ recovery: 'salvage' });
    expect(found.length).toBeGreaterThan(10);
    expect(found).toEqual(upTo(found.length));
    expect(readFileSync(join(directory, 'damaged-logs', name))).toEqual(damaged);
  });

  test('is repaired: RocksDB gets it as it is', async () => {
    await append(10);
    writer.write(directory, ['many 1 1 11 100 300', 'kill'], compressed);
    const target = join(folder, `repaired-${databases}`);
    for await (const event of repairDatabase(directory, target)) {
      if (event.type === 'totals') expect(event).toMatchObject({ entries: 110n, losses: 0 });
    }
    directory = target;
    expect(await sequences()).toEqual(upTo(110));
  });

  test('that lacks what was acknowledged is missed', async () => {
    await append(10);
    const before = join(folder, `before-${databases}`);
    cpSync(directory, before, { recursive: true });
    await append(10);
    for (const name of readdirSync(directory)) if (name !== 'WATERMARK') rmSync(join(directory, name));
    for (const name of readdirSync(before)) {
      if (name !== 'WATERMARK') cpSync(join(before, name), join(directory, name));
    }
    writer.write(directory, ['many 1 1 11 3 300', 'kill'], compressed);
    expect((await refusal()).recovery).toMatchObject({ missing: true, promised: 20n, reached: 13n });
  });
});

/** A fragment of a log with a good checksum. */
function fragment(type: number, payload: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([type]), payload]);
  const crc = crc32c(body);
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const header = Buffer.alloc(6);
  header.writeUInt32LE(masked, 0);
  header.writeUInt16LE(payload.length, 4);
  return Buffer.concat([header, body]);
}

// 10: sizes of timestamps (RocksDB 8); 130: what the log before was (RocksDB 9), which may be ignored; 77: nobody
// knows. RocksDB 7 takes 10 and 13 for marks of its own reader: the end of the log.
test.each([10, 13, 130, 77])(
  'a log with a record of type %i is refused unless this RocksDB replays it',
  async (type) => {
    await append(10);
    writer.write(directory, ['many 1 1 11 20 30', 'kill']);
    const log = liveLog();
    const bytes = readFileSync(log);
    // Between two records of the same size.
    const size = 7 + bytes.readUInt16LE(4);
    const at = 5 * size;
    const strange = fragment(type, Buffer.from('strange payload'));
    writeFileSync(log, Buffer.concat([bytes.subarray(0, at), strange, bytes.subarray(at)]));
    const found = await openLog(directory).catch((error: unknown) => error);
    if (found instanceof WalError) {
      expect(found.code).toBe('SHALE_UNSUPPORTED');
      expect((await refusal()).message).toContain('Open the database with that program');
      expect((await refusal({ readOnly: true })).code).toBe('SHALE_UNSUPPORTED');
      writeFileSync(log, bytes);
    } else await (found as Awaited<ReturnType<typeof openLog>>).close();
    expect(await sequences()).toEqual(upTo(30));
  },
);

describe('a watermark that is older than the log of another program', () => {
  test('does not license to cut that log without a copy, and no sequence in it is given out again', async () => {
    await append(10);
    writer.write(directory, ['many 1 1 11 30 50', 'kill']);
    const name = liveLog().slice(directory.length + 1);
    flip(liveLog(), 1000);
    const damaged = readFileSync(liveLog());
    const log = await openLog(directory);
    const found = [...log.read(id)].length;
    expect(found).toBeGreaterThan(10);
    expect(found).toBeLessThan(40);
    expect(log.recovery).toMatchObject({ place: 'middle', keptIn: join(directory, 'damaged-logs') });
    expect(log.nextSequence(id)).toBe(41n);
    await log.close();
    expect(readFileSync(join(directory, 'damaged-logs', name))).toEqual(damaged);
  });

  test('still says how far the log must reach at least', async () => {
    await append(10);
    const before = join(folder, `before-${databases}`);
    cpSync(directory, before, { recursive: true });
    await append(10);
    for (const name of readdirSync(directory)) if (name !== 'WATERMARK') rmSync(join(directory, name));
    for (const name of readdirSync(before)) {
      if (name !== 'WATERMARK') cpSync(join(before, name), join(directory, name));
    }
    writer.write(directory, ['unlogged', 'many 1 2 1 5 50', 'logged', 'many 1 1 11 3 50', 'kill']);
    expect((await refusal()).recovery).toMatchObject({ missing: true, promised: 20n });
  });
});

describe('sequences of RocksDB that jump', () => {
  const mixed = ['many 1 1 11 5 50', 'unlogged', 'many 1 2 1 7 50', 'logged', 'many 1 1 16 5 50'];
  const atTheStart = ['unlogged', 'many 1 2 1 7 50', 'logged', 'many 1 1 11 10 50'];

  test.each([
    ['within a log', mixed],
    ['at the start of a log', atTheStart],
    [
      'behind a flush',
      ['many 1 1 11 5 50', 'flush', 'unlogged', 'many 1 2 1 7 50', 'logged', 'many 1 1 16 5 50'],
    ],
  ])('%s, for writes without a log came before, are no hole', async (_, steps) => {
    await append(10);
    writer.write(directory, [...steps, 'kill']);
    expect(await sequences({ readOnly: true })).toEqual(upTo(20));
    const log = await openLog(directory);
    expect([...log.read(id)].map(({ sequence }) => sequence)).toEqual(upTo(20));
    expect(log.recovery).toMatchObject({ place: 'none', missing: false });
    expect(log.append(id, [Buffer.from('next')]).first).toBe(21n);
    await log.close();
    expect(await sequences()).toEqual(upTo(21));
  });

  test.each([
    ['within a log', ['many 1 1 1 5 50', 'unlogged', 'many 1 2 1 7 50', 'logged', 'many 1 1 6 5 50']],
    ['at the start of a log', ['unlogged', 'many 1 2 1 7 50', 'logged', 'many 1 1 1 10 50']],
  ])('%s, in a database that Shale has never seen, are no hole', async (_, steps) => {
    writer.write(directory, [...steps, 'kill']);
    expect(await sequences({ readOnly: true })).toEqual(upTo(10));
    expect(await sequences()).toEqual(upTo(10));
  });

  test('zeros in a log are a hole as before, whoever has written it', async () => {
    await append(10);
    writer.write(directory, ['many 1 1 11 1000 100', 'kill']);
    const bytes = readFileSync(liveLog());
    expect(bytes.length).toBeGreaterThan(3 * 32768);
    bytes.fill(0, 32768, 65536);
    writeFileSync(liveLog(), bytes);
    const readOnly = await sequences({ readOnly: true });
    const found = await sequences();
    expect(found).toEqual(upTo(found.length));
    expect(readOnly).toEqual(found);
    expect(existsSync(join(directory, 'damaged-logs'))).toBe(true);
  });
});

describe('the watermark of a database that was here before', () => {
  test('says nothing about one that another program made', async () => {
    await append(1000);
    const watermark = readFileSync(join(directory, 'WATERMARK'));
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    writeFileSync(join(directory, 'WATERMARK'), watermark);
    writer.write(directory, ['many 1 1 1 5 50', 'kill']);
    expect(await sequences({ readOnly: true })).toEqual(upTo(5));
    const log = await openLog(directory);
    expect(log.recovery).toMatchObject({ watermark: 'foreign', promised: 0n, missing: false });
    expect(log.append(id, [Buffer.from('next')]).first).toBe(6n);
    await log.close();
    const again = await openLog(directory);
    expect(again.recovery).toMatchObject({ watermark: 'valid' });
    await again.close();
  });

  test('counts when the database has lost its identity, or the watermark is of before it had one', async () => {
    for (const change of ['IDENTITY', 'WATERMARK']) {
      directory = join(folder, `identity-${change}`);
      await append(10);
      const image = join(folder, `image-${change}`);
      const log = await openLog(directory);
      log.append(id, [Buffer.from('last')], { sync: true });
      cpSync(directory, image, { recursive: true });
      await log.close();
      directory = image;
      if (change === 'IDENTITY') rmSync(join(directory, 'IDENTITY'));
      else {
        const bytes = readFileSync(join(directory, 'WATERMARK'));
        for (const place of [0, 4096]) bytes.fill(0, place + 96, place + 144);
        writeFileSync(join(directory, 'WATERMARK'), bytes);
      }
      writeFileSync(liveLog(), readFileSync(liveLog()).subarray(0, -1));
      expect((await refusal()).recovery).toMatchObject({ watermark: 'valid', missing: true });
    }
  });
});

describe('what this RocksDB would not replay, or misread, is refused before anything is changed', () => {
  test('transactions in two phases', async () => {
    await append(10);
    writer.write(directory, ['kind transactions', 'many 1 1 11 5 50', 'prepare a', 'kill']);
    for (const options of [{}, { readOnly: true }]) {
      const error = await refusal(options);
      expect(error.code).toBe('SHALE_UNSUPPORTED');
      expect(error.message).toContain('TransactionDB');
    }
  });

  test('the overlapping sequences of WritePrepared', async () => {
    await append(10);
    const steps = ['log 1 1 11 00', 'log 1 1 12 00', 'log 1 1 13 00', 'batch'];
    writer.write(directory, ['kind prepared', ...steps, 'many 1 1 14 5 50', 'kill']);
    expect((await refusal()).code).toBe('SHALE_UNSUPPORTED');
  });

  test('logs that WritePrepared has numbered anew: that something is missing is not known, and nothing is', async () => {
    await append(10);
    writer.write(directory, ['kind prepared', 'many 1 1 11 5 50', 'flush']);
    for (const options of [{}, { readOnly: true }]) {
      const error = await refusal(options);
      expect(error.message).toContain('may be missing');
      expect(error.message).toContain('WritePrepared');
    }
    expect(await sequences({ recovery: 'salvage' })).toEqual(upTo(15));
    expect(await sequences()).toEqual(upTo(15));
  });

  test('what another program has lost of logs that it took in', async () => {
    await append(10);
    await append(1);
    writeFileSync(liveLog(), '');
    writer.write(directory, ['flush']);
    const error = await refusal();
    expect(error.code).toBe('SHALE_CORRUPT');
    expect(error.message).toContain('may be missing');
  });

  test('merges', async () => {
    await append(10);
    writer.write(directory, ['operator', 'many 1 1 11 5 50', 'merge 0100 aa', 'kill']);
    expect((await refusal()).message).toContain('merge operator');
  });

  test('column families; for reading the default one is enough', async () => {
    await append(10);
    writer.write(directory, ['many 1 1 11 5 50', 'family other', 'log 1 1 1 00', 'kill']);
    const error = await refusal();
    expect(error.code).toBe('SHALE_UNSUPPORTED');
    expect(error.message).toContain('"other"');
    expect(await sequences({ readOnly: true })).toEqual(upTo(15));
  });

  test('another order of the keys', async () => {
    writer.write(directory, ['comparator', 'many 1 1 1 5 50', 'kill']);
    expect((await refusal()).message).toContain('rocksdb.ReverseBytewiseComparator');
  });

  test('logs in another directory', async () => {
    await append(10);
    await withWal((wal) => wal.flush());
    const elsewhere = join(folder, `logs-${databases}`);
    writer.write(directory, ['many 1 1 11 5 50', 'kill'], { wal_dir: elsewhere });
    expect((await refusal()).message).toContain(elsewhere);
    for (const name of readdirSync(elsewhere)) renameSync(join(elsewhere, name), join(directory, name));
    expect(await sequences()).toEqual(upTo(15));
  });
});

describe('what other options leave is read', () => {
  test.each<[string, Record<string, string>, string[]]>([
    [
      'recycled logs',
      { recycle_log_file_num: '2' },
      ['many 1 1 11 50 50', 'flush', 'many 1 1 61 50 50', 'flush', 'many 1 1 111 10 50'],
    ],
    ['two write queues', { two_write_queues: 'true' }, ['many 1 1 11 110 50']],
    ['writes in no order', { unordered_write: 'true' }, ['many 1 1 11 110 50']],
    ['pipelined writes', { enable_pipelined_write: 'true' }, ['many 1 1 11 110 50']],
    [
      'logs that the manifest tells of',
      { track_and_verify_wals_in_manifest: 'true' },
      ['many 1 1 11 50 50', 'flush', 'many 1 1 61 60 50'],
    ],
    [
      'logs that stay when they are replayed',
      { avoid_flush_during_recovery: 'true' },
      ['many 1 1 11 110 50'],
    ],
    [
      'values in blob files',
      { enable_blob_files: 'true', min_blob_size: '0' },
      ['many 1 1 11 100 50', 'flush', 'many 1 1 111 10 50'],
    ],
    ['ten levels', { num_levels: '10' }, ['many 1 1 11 100 50', 'flush', 'compact', 'many 1 1 111 10 50']],
    ['atomic flushes', { atomic_flush: 'true' }, ['many 1 1 11 110 50', 'flush']],
    ['best efforts', { best_efforts_recovery: 'false', allow_2pc: 'true' }, ['many 1 1 11 110 50']],
  ])('%s', async (_, options, steps) => {
    for (const end of [[], ['kill']]) {
      directory = join(folder, `database-${databases++}`);
      await append(10);
      writer.write(directory, [...steps, ...end], options);
      expect(await sequences({ readOnly: true })).toEqual(upTo(120));
      const log = await openLog(directory);
      expect([...log.read(id)].map(({ sequence }) => sequence)).toEqual(upTo(120));
      expect(log.recovery).toMatchObject({ missing: false, unexamined: [] });
      expect(log.append(id, [Buffer.from('next')]).first).toBe(121n);
      await log.flush();
      await log.close();
      expect(await sequences()).toEqual(upTo(121));
    }
  });

  test('entities', async () => {
    await append(1);
    const key = `01${'0000000000000001'.repeat(2)}000000000000000200`;
    writer.write(directory, [`entity ${key} 00ab`, 'kill']);
    expect(await sequences()).toEqual([1n, 2n]);
  });
});

describe('values in blob files', () => {
  const blobs = { enable_blob_files: 'true', min_blob_size: '0', blob_compression_type: 'kZSTD' };

  async function repaired(): Promise<RepairLoss[]> {
    const target = join(folder, `repaired-${databases}`);
    const losses: RepairLoss[] = [];
    for await (const event of repairDatabase(directory, target))
      if (event.type === 'loss') losses.push(event);
    directory = target;
    return losses;
  }

  test('are saved by a repair, whether there is a manifest or not', async () => {
    for (const hasManifest of [true, false]) {
      directory = join(folder, `database-${databases++}`);
      await append(10);
      writer.write(directory, ['many 1 1 11 50 50', 'flush', 'many 1 1 61 50 50', 'flush'], blobs);
      const head = readdirSync(directory).find((name) => name.startsWith('MANIFEST')) ?? '';
      if (!hasManifest) rmSync(join(directory, head));
      const losses = await repaired();
      if (hasManifest) expect(losses).toEqual([]);
      expect(await sequences()).toEqual(upTo(110));
    }
  });

  test.each(['damaged', 'lost', 'all lost'])('that are %s keep a repair from nothing else', async (how) => {
    await append(10);
    await withWal((wal) => wal.flush());
    writer.write(directory, ['many 1 1 11 50 50', 'flush', 'many 1 1 61 50 50', 'flush', 'many 1 2 1 5 50'], {
      ...blobs,
      blob_compression_type: 'kNoCompression',
    });
    const files = readdirSync(directory).filter((name) => name.endsWith('.blob'));
    const [first] = files.sort();
    if (first === undefined) throw new Error('no blob files');
    if (how === 'damaged') {
      const bytes = readFileSync(join(directory, first));
      bytes.fill(0, 3000, 3100);
      writeFileSync(join(directory, first), bytes);
    } else {
      for (const name of how === 'lost' ? [first] : files) rmSync(join(directory, name));
    }
    const losses = await repaired();
    expect(losses.map(({ kind }) => kind)).toContain('file');
    const there = await sequences();
    expect(there.slice(0, 10)).toEqual(upTo(10));
    if (how !== 'all lost') {
      expect(losses.map(({ kind }) => kind)).toContain('middle');
      expect(there.slice(-50)).toEqual(upTo(110).slice(60));
    }
    if (how === 'damaged') expect(there.length).toBeGreaterThan(100);
    const log = await openLog(directory);
    expect(log.nextSequence(id)).toBeGreaterThan(110n);
    expect([...log.read({ region: 1n, table: 2n })]).toHaveLength(5);
    await log.close();
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { type DatabaseOptions, openDatabase } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const id = { region: 1n, table: 1n };

/** The options that RocksDB says it has: it writes them down at every open. */
function effectiveOptions(path: string): Map<string, string> {
  const newest = readdirSync(path)
    .filter((name) => name.startsWith('OPTIONS-'))
    .sort()
    .at(-1);
  const lines = readFileSync(join(path, newest ?? ''), 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^\s*([^=]+)=(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value ?? '']];
    }),
  );
}

test('the defaults of what a database is opened with', async () => {
  const database = await temporaryDatabase();
  const options = effectiveOptions(database.path);
  const expected = {
    max_background_jobs: '2',
    max_subcompactions: '1',
    write_buffer_size: '16777216',
    max_write_buffer_number: '12',
    min_write_buffer_number_to_merge: '4',
    disable_auto_compactions: 'true',
    level0_file_num_compaction_trigger: '256',
    level0_slowdown_writes_trigger: '512',
    level0_stop_writes_trigger: '1024',
    compaction_style: 'kCompactionStyleLevel',
    wal_recovery_mode: 'kPointInTimeRecovery',
    compression: 'kNoCompression',
    allow_concurrent_memtable_write: 'false',
    enable_pipelined_write: 'false',
    paranoid_checks: 'true',
    format_version: '5',
  };
  for (const [name, value] of Object.entries(expected))
    expect([name, options.get(name)]).toEqual([name, value]);
  expect(database.statistics()).toBeNull();
});

/** The nice values of the threads that flush, in this process. */
function niceOfFlushes(): number[] {
  const fields = readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    return { name: stat.slice(stat.indexOf('(') + 1, end), nice: Number(stat.slice(end + 2).split(' ')[16]) };
  });
  return fields.filter(({ name }) => name === 'rocksdb:high').map(({ nice }) => nice);
}

test.runIf(process.platform === 'linux')(
  'flushes run at a lower CPU priority than the threads that append, and only they',
  async () => {
    const own = getPriority();
    // In this order: without a privilege a thread only gets nicer.
    const given: readonly DatabaseOptions[] = [{}, { backgroundNice: 14 }];
    for (const options of given) {
      const database = await temporaryDatabase(options);
      writeRuns(database, [{ id, first: 1n, count: 10 }]);
      await database.flush();
      expect(niceOfFlushes()).toContain(Math.min(19, own + (options.backgroundNice ?? 10)));
      expect(getPriority()).toBe(own);
      await database.close();
    }
  },
);

const cases: readonly (readonly [DatabaseOptions, string, string])[] = [
  [{ maxBackgroundJobs: 4 }, 'max_background_jobs', '4'],
  [{ maxSubcompactions: 3 }, 'max_subcompactions', '3'],
  [{ writeBufferSize: 1 << 20 }, 'write_buffer_size', '1048576'],
  [{ maxWriteBufferNumber: 5 }, 'max_write_buffer_number', '5'],
  [{ minWriteBufferNumberToMerge: 3 }, 'min_write_buffer_number_to_merge', '3'],
  [{ level0FileNumCompactionTrigger: 7 }, 'level0_file_num_compaction_trigger', '7'],
  [{ level0SlowdownWritesTrigger: 300 }, 'level0_slowdown_writes_trigger', '300'],
  [{ level0StopWritesTrigger: 600 }, 'level0_stop_writes_trigger', '600'],
  [{ fifoCompactionMaxTableFilesSize: 1 << 26 }, 'compaction_style', 'kCompactionStyleFIFO'],
  [{ walRecoveryMode: 'tolerateCorruptedTail' }, 'wal_recovery_mode', 'kTolerateCorruptedTailRecords'],
  [{ walRecoveryMode: 'absolute' }, 'wal_recovery_mode', 'kAbsoluteConsistency'],
  [{ walRecoveryMode: 'skipAnyCorrupted' }, 'wal_recovery_mode', 'kSkipAnyCorruptedRecords'],
  [{ compression: 'zlib' }, 'compression', 'kZlibCompression'],
  [{ blockSize: 4096 }, 'block_size', '4096'],
  [{ blockCacheSize: 0 }, 'no_block_cache', 'true'],
  [{ blockCacheSize: 1 << 20 }, 'no_block_cache', 'false'],
  [{ pipelinedWrite: true }, 'enable_pipelined_write', 'true'],
  [{ memtable: 'skiplist', memtableInsertHint: false }, 'allow_concurrent_memtable_write', 'true'],
  [
    { memtable: 'skiplist', memtableInsertHint: false, pipelinedWrite: true },
    'enable_pipelined_write',
    'true',
  ],
  [{ maxTotalWalSize: 12345678 }, 'max_total_wal_size', '12345678'],
  [{ walBytesPerSync: 65536 }, 'wal_bytes_per_sync', '65536'],
  [{ bytesPerSync: 65536 }, 'bytes_per_sync', '65536'],
  [{ recycleLogFileNum: 2, walRecoveryMode: 'skipAnyCorrupted' }, 'recycle_log_file_num', '2'],
  [{ useDirectReads: true }, 'use_direct_reads', 'true'],
  [{ useDirectIoForFlushAndCompaction: true }, 'use_direct_io_for_flush_and_compaction', 'true'],
  [{ maxOpenFiles: 64 }, 'max_open_files', '64'],
  // Only a reader may do without: a writer would go on behind a write that failed.
  [{ paranoidChecks: false }, 'paranoid_checks', 'true'],
  [{ targetFileSizeBase: 1 << 20 }, 'target_file_size_base', '1048576'],
];

// Direct I/O is not to be had on every file system (tmpfs has none).
const mayBeMissing = (options: DatabaseOptions) =>
  options.useDirectReads ?? options.useDirectIoForFlushAndCompaction;

test.each(cases)('%o takes effect and entries survive it', async (options, name, value) => {
  const path = join(temporaryFolder(), 'db');
  if (mayBeMissing(options)) {
    const error = await openDatabase(path, options).then(
      (database) => database.close(),
      (caught: unknown) => caught,
    );
    if (error !== undefined) return;
  }
  const database = await temporaryDatabase(options, path);
  expect(effectiveOptions(path).get(name)).toBe(value);
  writeRuns(database, [{ id, first: 1n, count: 1000 }]);
  await database.flush();
  writeRuns(database, [{ id, first: 1001n, count: 1000 }]);
  await database.close();
  const again = await temporaryDatabase(options, path);
  verifyTable(again, id, 1n, 2000n);
});

test('enableStatistics counts', async () => {
  const database = await temporaryDatabase({ enableStatistics: true });
  writeRuns(database, [{ id, first: 1n, count: 100 }]);
  const statistics = database.statistics();
  expect(statistics?.tickers['rocksdb.number.keys.written']).toBe(100);
  expect(statistics?.text).toContain('rocksdb.number.keys.written');
});

const wrong: readonly (readonly [string, unknown, string])[] = [
  ['maxBackgroundJobs', 0, 'ERR_OUT_OF_RANGE'],
  ['maxBackgroundJobs', 1.5, 'ERR_OUT_OF_RANGE'],
  ['maxBackgroundJobs', Number.NaN, 'ERR_OUT_OF_RANGE'],
  ['maxBackgroundJobs', Number.POSITIVE_INFINITY, 'ERR_OUT_OF_RANGE'],
  ['maxBackgroundJobs', '2', 'ERR_INVALID_ARG_TYPE'],
  ['maxBackgroundJobs', 2n, 'ERR_INVALID_ARG_TYPE'],
  ['writeBufferSize', -1, 'ERR_OUT_OF_RANGE'],
  ['writeBufferSize', 2 ** 60, 'ERR_OUT_OF_RANGE'],
  ['maxWriteBufferNumber', 1, 'ERR_OUT_OF_RANGE'],
  ['maxOpenFiles', 0, 'ERR_OUT_OF_RANGE'],
  ['enableStatistics', 1, 'ERR_INVALID_ARG_TYPE'],
  ['readOnly', 'yes', 'ERR_INVALID_ARG_TYPE'],
  ['createIfMissing', null, 'ERR_INVALID_ARG_TYPE'],
  ['walRecoveryMode', 'best', 'ERR_OUT_OF_RANGE'],
  ['compression', 7, 'ERR_INVALID_ARG_TYPE'],
  ['writeBufferSise', 1 << 20, 'ERR_OUT_OF_RANGE'],
];

test.each(wrong)('%s: %s is refused', async (name, value, code) => {
  const path = join(temporaryFolder(), 'db');
  await expect(openDatabase(path, { [name]: value })).rejects.toMatchObject({ code });
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test.each([null, 7, 'options'])('options that are no object are refused: %s', async (options) => {
  // A JavaScript caller may pass anything.
  await expect(openDatabase('x', options as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
});

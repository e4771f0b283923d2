import type { Stalls } from '@shale/rocksdb';
import { type DamagedFile, damagedFiles, readDamagedFiles } from './damage/damaged-files.js';
import { native } from './errors.js';
import type { LogContext } from './tables/context.js';
import type { LogCounters } from './tables/counters.js';

/** The state of a log. */
export interface LogStats {
  readonly path: string;
  readonly instance: number;
  readonly readOnly: boolean;
  /** Tables that this log knows, as a rule because they have been touched; those never written do not count. */
  readonly tablesKnown: number;
  /** Since this log was opened. */
  readonly counters: Readonly<LogCounters>;
  /**
   * Table files that a compaction could not read: of a log that can write, since the process opened the database; of a
   * read-only one, those that are known of.
   */
  readonly damagedFiles: readonly DamagedFile[];
  /** Writes that had to wait since the process opened the database. */
  readonly stalls: Stalls;
  /** RocksDB's own numbers, of the whole database. */
  readonly rocksdb: RocksDBStats;
}

/** RocksDB's own numbers, of the whole database. */
export interface RocksDBStats {
  /** RocksDB's integer properties by name, without `rocksdb.`; one that it does not have is left out. */
  readonly properties: Readonly<Record<string, number>>;
  /** Counters by name, with the option `enableStatistics`; otherwise null. */
  readonly tickers: Readonly<Record<string, number>> | null;
  /** RocksDB's report as text. */
  readonly text: string;
}

/** The integer properties of RocksDB that `stats` reports, without their `rocksdb.` prefix. */
const PROPERTIES = [
  'estimate-num-keys',
  'total-sst-files-size',
  'live-sst-files-size',
  'estimate-live-data-size',
  'size-all-mem-tables',
  'num-entries-active-mem-table',
  'num-immutable-mem-table',
  'num-files-at-level0',
  'num-snapshots',
  'num-running-flushes',
  'num-running-compactions',
  'estimate-pending-compaction-bytes',
  'actual-delayed-write-rate',
  'is-write-stopped',
  'background-errors',
  'block-cache-usage',
] as const;

/** Collects the numbers. */
export function stats(context: LogContext, readOnly: boolean): LogStats {
  const { db, path, instance, tables, counters } = context;
  return native({ path }, () => {
    const properties: Record<string, number> = {};
    for (const name of PROPERTIES) {
      const value = db.property(`rocksdb.${name}`);
      if (value !== null) properties[name] = Number(value);
    }
    const statistics = db.statistics();
    return {
      path,
      instance,
      readOnly,
      tablesKnown: tables.size,
      counters: { ...counters },
      damagedFiles: readOnly ? readDamagedFiles(path) : damagedFiles(db),
      stalls: db.stalls(),
      rocksdb: {
        properties,
        tickers: statistics?.tickers ?? null,
        text: db.property('rocksdb.stats') ?? '',
      },
    };
  });
}

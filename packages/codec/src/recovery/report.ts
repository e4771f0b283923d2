/**
 * What is wrong at one place in a log file.
 *
 * - `'checksum'`: the bytes differ from what was written.
 * - `'truncated'`: the file ends within a record, as after a crash that tore the last write.
 * - `'length'`, `'type'`, `'fragment'`: a record that violates the format, or lacks its beginning or end.
 * - `'zeroed'`: zeros with data after them.
 * - `'gap'`: sequences are missing before this record: a file or a part of one is missing.
 * - `'repeated'`: sequences that an earlier record already has: a file is not the one that was written.
 */
export type DamageKind =
  | 'checksum'
  | 'truncated'
  | 'length'
  | 'type'
  | 'fragment'
  | 'zeroed'
  | 'gap'
  | 'repeated';

/** One damaged place in RocksDB's log, or in its manifest. */
export interface RecoveryDamage {
  /** The name of the file in the database directory. */
  readonly file: string;
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number;
  /** Its length in bytes, up to where reading works again or the file ends; 0 for a gap or a repetition. */
  readonly bytes: number;
  /** What is wrong there. */
  readonly kind: DamageKind;
  /** The RocksDB sequence that was expected; 0 when unknown. RocksDB's sequences are unrelated to those of tables. */
  readonly expected: bigint;
  /** The one that was found, for a gap or a repetition; else 0. */
  readonly found: bigint;
  /** Nothing is missing: the next file continues where this one ends, or nothing depends on this part of a manifest. */
  readonly harmless: boolean;
}

/**
 * Why the check of an opening does not vouch for a file written by another program. RocksDB nevertheless replayed it
 * completely, or the opening was refused.
 *
 * - `'compressed'`: the records of the log are compressed (RocksDB's option `wal_compression`).
 * - `'recordType'`: the log has records of a kind that only another version of RocksDB writes.
 * - `'jump'`: RocksDB sequences are missing before the log. Writes that bypass the log (`disableWAL`) use some; a lost
 *   log looks the same.
 * - `'search'`: the log has so much damage that not all of it was searched for readable records. A copy is kept.
 * - `'manifest'`: the manifest has records that only another version of RocksDB writes.
 */
export type UnexaminedReason = 'compressed' | 'recordType' | 'jump' | 'search' | 'manifest';

/** A file that the check could not read, or only in part. */
export interface UnexaminedFile {
  /** The name of the file in the database directory. */
  readonly file: string;
  /** Why. */
  readonly reason: UnexaminedReason;
}

/** Entries of one table that were seen in the log. */
export interface SeenEntries {
  /** The smallest sequence. */
  readonly first: bigint;
  /** The largest sequence. */
  readonly last: bigint;
  /** How many; fewer than `last` - `first` + 1 when some are unreadable. */
  readonly entries: number;
}

/** A table with entries beyond the first damage: they are readable, but not in the database. */
export interface RecoveryTable {
  /** Which WAL of the database, 0 to 127; 127 is the catalog of names. */
  readonly instance: number;
  /** The region's id. */
  readonly region: bigint;
  /** The table's id inside its region. */
  readonly table: bigint;
  /** What is replayed from the log; null when the log has none of it before the damage (table files may). */
  readonly readable: SeenEntries | null;
  /** What was seen beyond the damage. */
  readonly beyond: SeenEntries;
}

/** What an opening found in RocksDB's log before replaying it. Plain data: it can be cloned to any thread. */
export interface RecoveryReport {
  /**
   * The file WATERMARK, which says how far the log must reach. `'new'`: the database was just created. `'missing'`
   * (a copy without it, or a database of another system), `'damaged'`, and `'foreign'` (it belongs to another database
   * that was in this directory before): what was acknowledged is unknown.
   */
  readonly watermark: 'new' | 'valid' | 'missing' | 'damaged' | 'foreign';
  /** The RocksDB sequence that the log must reach; 0 when unknown. */
  readonly promised: bigint;
  /** The sequence up to which everything is there; null when the log does not tell. */
  readonly reached: bigint | null;
  /**
   * Acknowledged writes are missing. Such a database opens only with `recovery: 'salvage'`. A TransactionDB with the
   * policy WritePrepared or WriteUnprepared that has taken in logs of Shale's looks the same, with nothing missing: the
   * error says when that may be.
   */
  readonly missing: boolean;
  /**
   * Where the log is broken: nowhere (`'none'`), at its end (`'tail'`: nothing readable follows), or before records
   * that are still readable (`'middle'`).
   */
  readonly place: 'none' | 'tail' | 'middle';
  /** Whether it was opened although something is missing. */
  readonly salvaged: boolean;
  /** The directory to which damaged logs were copied before they were truncated; null if none were. */
  readonly keptIn: string | null;
  /** Duration of the check, in milliseconds. */
  readonly elapsedMs: number;
  /** The log files that were needed, and how much of them is replayed. */
  readonly replayed: {
    /** Log files. */
    readonly files: number;
    /** Writes of RocksDB, each of which may hold many entries. */
    readonly records: number;
    /** Entries in them. */
    readonly entries: number;
    /** Total size of the files. */
    readonly bytes: number;
  };
  /** Readable writes beyond the first damage; they are not replayed. */
  readonly beyond: {
    /** Writes of RocksDB. */
    readonly records: number;
    /** Entries in them. */
    readonly entries: number;
  };
  /** The damaged places, 64 at most. */
  readonly damages: readonly RecoveryDamage[];
  /** Damaged places beyond the 64. */
  readonly moreDamages: number;
  /** The files that this check vouches for nothing in, and why; each file may be named several times. */
  readonly unexamined: readonly UnexaminedFile[];
  /** The tables with entries beyond the first damage, 1000 at most. */
  readonly tables: readonly RecoveryTable[];
  /** Tables beyond the 1000. */
  readonly moreTables: number;
}

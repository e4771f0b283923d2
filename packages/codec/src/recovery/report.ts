/**
 * What is wrong at a place of a log file.
 *
 * - `'checksum'`: the bytes are not those that were written.
 * - `'truncated'`: the file ends within a record, as it does when a crash tore the last write.
 * - `'length'`, `'type'`, `'fragment'`: a record that does not fit into the format, or has no beginning or end.
 * - `'zeroed'`: zeros, and something after them.
 * - `'gap'`: sequences are missing before this record: a file is missing, or a part of one.
 * - `'repeated'`: sequences that an earlier record has: a file is not the one that was written.
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

/** One damaged place of RocksDB's log, or of its manifest. */
export interface RecoveryDamage {
  /** The name of the file in the database directory. */
  readonly file: string;
  /** Where it begins, in bytes from the start of the file. */
  readonly offset: number;
  /** How long it is, up to where reading works again or the file ends; 0 for a gap or a repetition. */
  readonly bytes: number;
  /** What is wrong there. */
  readonly kind: DamageKind;
  /** RocksDB's sequence that was to come; 0 when that is not known. It has nothing to do with those of tables. */
  readonly expected: bigint;
  /** The one that came, for a gap or a repetition; else 0. */
  readonly found: bigint;
  /** Nothing is missing: the next file goes on where this one broke off, or nothing depends on this part of a manifest. */
  readonly harmless: boolean;
}

/**
 * Why the check of an opening vouches for nothing in a file that another program has written. RocksDB has replayed it whole
 * all the same, or the opening was refused.
 *
 * - `'compressed'`: the records of the log are compressed (RocksDB's option `wal_compression`).
 * - `'recordType'`: the log has records of a kind that only another version of RocksDB writes.
 * - `'jump'`: sequences of RocksDB are missing before the log. Writes that leave the log out (`disableWAL`) take some;
 *   a log that was lost leaves the same.
 * - `'search'`: there is so much damage in the log that not all of it was searched for what can still be read. A copy is
 *   kept.
 * - `'manifest'`: the manifest has records that only another version of RocksDB writes.
 */
export type UnexaminedReason = 'compressed' | 'recordType' | 'jump' | 'search' | 'manifest';

/** A file that the check could not read, or not wholly. */
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
  /** How many; fewer than from `first` to `last` when some are not readable. */
  readonly entries: number;
}

/** A table of which entries were seen beyond the first damage: they are readable, but not in the database. */
export interface RecoveryTable {
  /** Which WAL of the database, 0 to 127; 127 is the catalog of names. */
  readonly instance: number;
  /** The region's id. */
  readonly region: bigint;
  /** The table's id inside its region. */
  readonly table: bigint;
  /** What is replayed from the log; null when the log has nothing of it before the damage (table files may). */
  readonly readable: SeenEntries | null;
  /** What was seen beyond the damage. */
  readonly beyond: SeenEntries;
}

/** What an opening has found in RocksDB's log, before it was replayed. Plain data: it can be cloned to any thread. */
export interface RecoveryReport {
  /**
   * The file WATERMARK, which says how far the log must reach. `'new'`: the database was just created. `'missing'`
   * (a copy without it, or a database of another system), `'damaged'`, and `'foreign'` (it is of another database, that was
   * in this directory before): nothing can be said about what was acknowledged.
   */
  readonly watermark: 'new' | 'valid' | 'missing' | 'damaged' | 'foreign';
  /** RocksDB's sequence that must be there; 0 when nothing is known. */
  readonly promised: bigint;
  /** The sequence up to which everything is there; null when that cannot be told from the log. */
  readonly reached: bigint | null;
  /** Something that was acknowledged is not there. Such a database only opens with `recovery: 'salvage'`. */
  readonly missing: boolean;
  /**
   * Where the log breaks off: `'none'`, at its end (`'tail'`: nothing can be read after it), or before records that can
   * still be read (`'middle'`).
   */
  readonly place: 'none' | 'tail' | 'middle';
  /** It was opened although something is missing. */
  readonly salvaged: boolean;
  /** The directory that damaged logs were copied to before they were cut; null if none were. */
  readonly keptIn: string | null;
  /** What the check took, in milliseconds. */
  readonly elapsedMs: number;
  /** The log files that were needed, and what of them is replayed. */
  readonly replayed: {
    /** Log files. */
    readonly files: number;
    /** Writes of RocksDB, each of which may hold many entries. */
    readonly records: number;
    /** Entries in them. */
    readonly entries: number;
    /** Sizes of the files together. */
    readonly bytes: number;
  };
  /** Writes that can be read beyond the first damage; they are not replayed. */
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

/**
 * What `Database.scan` or `Database.fetch` has left in the buffer, in the layout that `EntryChunk` of `@shale/codec` reads. All offsets
 * count from the start of `into`:
 *
 * `[values, back to back, version bytes included][to 8][end offset of each value, u32 LE][to 8][runs, 32 bytes each]`
 */
export interface ChunkResult {
  /** How many entries were read. */
  readonly entries: number;
  /** How many runs they make: consecutive sequences of one table. */
  readonly runs: number;
  /** Bytes of values. */
  readonly dataLength: number;
  /** Where the end offsets begin. */
  readonly endsAt: number;
  /** Where the runs begin. */
  readonly runsAt: number;
  /** The range holds more than was read, or what follows cannot be read: then a call that begins there fails. */
  readonly more: boolean;
  /** Above 0: nothing was read, for the first entry alone needs a buffer of so many bytes. */
  readonly neededBytes: number;
}

/** What `Database.scan` has found. */
export interface ScanResult extends ChunkResult {
  /** The scan stopped before this record, which is no log entry; the entries before it are in the buffer. */
  readonly foreign?: ForeignRecord;
}

/** What a fetch has found, in a buffer of its own. */
export interface FetchedChunk extends NativeFetch {
  /** No larger than twice what is in it; null when nothing was found. */
  readonly buffer: ArrayBuffer | null;
}

/** What was found in memory, in a buffer of its own. */
export interface PeekedChunk extends ChunkResult {
  /** No larger than twice what is in it; null when nothing was found. */
  readonly buffer: ArrayBuffer | null;
}

/** What the addon says of a fetch. */
export interface NativeFetch extends ChunkResult {
  /** Whether it stopped before a record that is no log entry. */
  readonly foreign: boolean;
  /** Whether the watch has seen a drop or has ended: then the rest does not count. */
  readonly dropped: boolean;
  /** The key of the entry that `neededBytes` is about; null when that is 0. */
  readonly tooLarge: Uint8Array | null;
  /**
   * The largest key of the range when it was read, if there is `more` and `enough` asks for it; null when it cannot be read.
   */
  readonly last: Uint8Array | null;
}

/** A record in a log's range that is no entry of format version 0. */
export interface ForeignRecord {
  readonly key: Uint8Array;
  readonly reason: 'keyLength' | 'keyVersion' | 'valueLength' | 'valueVersion';
  /** The first bytes of the value, 32 at most. */
  readonly valueHead: Uint8Array;
}

/** The smallest and the largest key of a range; null when it is empty. */
export interface KeyEnds {
  readonly first: Uint8Array | null;
  readonly last: Uint8Array | null;
}

/** What `Database.heads` has found. Each record in the buffer: `prefix[17] 0[7] first u64 LE, last u64 LE` (40 bytes). */
export interface HeadScan {
  readonly count: number;
  /** There are tables that were not reached: call again from `resumeAt`, or see `foreign`. */
  readonly more: boolean;
  /** The lower bound for the next call when the buffer was full or what follows cannot be read, else null. */
  readonly resumeAt: Uint8Array | null;
  /** A key that is no log key stands where a table begins or ends; the tables before it are in the buffer. */
  readonly foreign?: Uint8Array;
}

/** What `Database.records` has left in the buffer: `[key length u32 LE][value length u32 LE][key][value]` each. */
export interface RecordScan {
  readonly count: number;
  /** Bytes used of the buffer. */
  readonly byteLength: number;
  /** The range holds more than was read, or what follows cannot be read: then the next call fails. */
  readonly more: boolean;
  /** Above 0: nothing was read, for the first record alone needs so many bytes. */
  readonly neededBytes: number;
  /** The lower bound for the next call, or null when all was read. */
  readonly resumeAt: Uint8Array | null;
}

/** One table file of the database. */
export interface LiveFile {
  readonly name: string;
  readonly level: number;
  /** In bytes. */
  readonly size: number;
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
  readonly entries: number;
  readonly deletions: number;
}

/** RocksDB's counters since the database was opened in this process. */
export interface DatabaseStatistics {
  /** By RocksDB's name, such as `'rocksdb.wal.bytes'`. */
  readonly tickers: Readonly<Record<string, number>>;
  /** RocksDB's own text, histograms included. */
  readonly text: string;
}

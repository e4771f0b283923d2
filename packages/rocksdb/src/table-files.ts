/** What reading a table file by itself has shown. */
export interface TableFileCheck {
  /** False when not even its index and properties can be read. */
  readonly opens: boolean;
  /** RocksDB's message about the first damage; null when every checksum fits. */
  readonly message: string | null;
  /** Records in the file, deletions included, as its properties say; 0 when these cannot be read. */
  readonly entries: number;
  /** Deletions among them, of single records and of ranges: what trims and drops are. */
  readonly deletions: number;
  /** Range deletions among them. */
  readonly rangeDeletions: number;
}

/** A part of a table file that cannot be read. */
export interface TableFileGap {
  /** The last key before it; null when nothing before it can be read. */
  readonly after: Uint8Array | null;
  /** The first key behind it; null when nothing behind it can be read. */
  readonly before: Uint8Array | null;
  /** RocksDB's message. */
  readonly message: string;
}

/** Records one after the other whose values are in blob files and cannot be read. */
export interface LostValues {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  readonly count: number;
  /** RocksDB's message. */
  readonly message: string;
}

/** What of a table file could be copied. */
export interface RewrittenTableFile {
  /** Records that were copied; when 0, no copy was written. */
  readonly entries: number;
  /** Records that could be read and were left out, because they have been deleted since. */
  readonly deleted: number;
  readonly gaps: readonly TableFileGap[];
  /** The records among them that are not entries of a log. */
  readonly records: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
}

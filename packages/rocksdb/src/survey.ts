/** What the watermark and the manifest of a directory say, as far as they can be read. */
export interface DirectorySurvey {
  readonly watermark: {
    readonly state: 'valid' | 'missing' | 'damaged';
    /** RocksDB's sequence up to which everything must be there; 0 unless the state is `valid`. */
    readonly promised: bigint;
    /** The largest sequence that it has heard of, promised or not; 0 unless the state is `valid`. */
    readonly furthest: bigint;
    /** The kernel that it was written under is running still, so it is exact. */
    readonly sameKernel: boolean;
    /** What the last opening for writing began with. */
    readonly opened: bigint;
    /** The number of the manifest that this opening began. */
    readonly manifest: bigint;
  };
  /** What is wrong with CURRENT or the manifest that it names; null when nothing is. */
  readonly failure: string | null;
  /** The manifest that CURRENT names, or else the best one that there is; null when none can be read at all. */
  readonly manifest: SurveyedManifest | null;
}

/** What a manifest says, up to its end or the first damage. */
export interface SurveyedManifest {
  readonly number: bigint;
  /** It can be read to its end, and says all that must be in one. */
  readonly whole: boolean;
  /** Log files with smaller numbers are in table files already. */
  readonly firstLog: bigint;
  /** The last of RocksDB's sequences that it names. */
  readonly lastSequence: bigint;
  /** Up to this sequence what has been written since it was begun is in table files; 0 if nothing is. */
  readonly flushed: bigint;
  readonly files: readonly SurveyedTableFile[];
  /** Names of table files that there were, and that are not needed any more. */
  readonly dropped: readonly string[];
  /** Some values were in blob files once. */
  readonly namesBlobFiles: boolean;
}

/** A table file that a manifest names. */
export interface SurveyedTableFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
}

/** What of a log file could be copied. */
export interface SavedLogFile {
  /** In bytes. */
  readonly bytes: number;
  readonly records: number;
  /** Its records are compressed: the sequences are not known. */
  readonly compressed: boolean;
  /** RocksDB's sequences in it, each run from its first to its last one, in the order of the file. */
  readonly runs: readonly { readonly first: bigint; readonly last: bigint }[];
  /** What could not be read: the first 64 places. */
  readonly damages: readonly {
    readonly offset: number;
    readonly bytes: number;
    /** `truncated`: the file ends within a record. */
    readonly kind: string;
  }[];
  /** The deletions of ranges in it, packed for {@link rewriteTableFile}. */
  readonly deletions: Uint8Array;
}

/** Reads what the addon says of a directory. */
export function parseSurvey(json: string): DirectorySurvey {
  const { watermark, failure, manifest }: RawSurvey = JSON.parse(json);
  return {
    watermark: {
      state: watermark.state,
      promised: BigInt(watermark.promised),
      furthest: BigInt(watermark.furthest),
      sameKernel: watermark.sameKernel,
      opened: BigInt(watermark.opened),
      manifest: BigInt(watermark.manifest),
    },
    failure,
    manifest:
      manifest === null
        ? null
        : {
            number: BigInt(manifest.number),
            whole: manifest.whole,
            firstLog: BigInt(manifest.firstLog),
            lastSequence: BigInt(manifest.lastSequence),
            flushed: BigInt(manifest.flushed),
            files: manifest.files.map(({ name, size, smallest, largest }) => ({
              name,
              size,
              smallest: new Uint8Array(Buffer.from(smallest, 'hex')),
              largest: new Uint8Array(Buffer.from(largest, 'hex')),
            })),
            dropped: manifest.dropped,
            namesBlobFiles: manifest.namesBlobFiles,
          },
  };
}

/** Reads what the addon says of a log file that it has copied. */
export function parseSavedLog(json: string, deletions: Uint8Array): SavedLogFile {
  const { bytes, records, compressed, runs, damages }: RawSavedLog = JSON.parse(json);
  return {
    bytes,
    records,
    compressed,
    runs: runs.map(([first, last]) => ({ first: BigInt(first), last: BigInt(last) })),
    damages,
    deletions,
  };
}

interface RawSurvey {
  readonly watermark: {
    readonly state: 'valid' | 'missing' | 'damaged';
    readonly promised: string;
    readonly furthest: string;
    readonly sameKernel: boolean;
    readonly opened: string;
    readonly manifest: string;
  };
  readonly failure: string | null;
  readonly manifest: {
    readonly number: string;
    readonly whole: boolean;
    readonly firstLog: string;
    readonly lastSequence: string;
    readonly flushed: string;
    readonly files: readonly {
      readonly name: string;
      readonly size: number;
      readonly smallest: string;
      readonly largest: string;
    }[];
    readonly dropped: readonly string[];
    readonly namesBlobFiles: boolean;
  } | null;
}

interface RawSavedLog {
  readonly bytes: number;
  readonly records: number;
  readonly compressed: boolean;
  readonly runs: readonly (readonly [string, string])[];
  readonly damages: readonly { readonly offset: number; readonly bytes: number; readonly kind: string }[];
}

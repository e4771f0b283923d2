import type { WalOptions } from '@shale/engine';

/** How likely each operation is beside the others: weights, 0 or more. */
export interface Mix {
  /** `table.append` of one entry. */
  readonly append: number;
  /** `table.appendBatch`. */
  readonly batch: number;
  /** `wal.write` over several tables; an append instead where it could not be atomic. */
  readonly write: number;
  /** `table.trim`. */
  readonly trim: number;
  /** `wal.sync`. */
  readonly sync: number;
  /** A read of a table from somewhere to its end, each entry compared byte for byte. */
  readonly read: number;
  /** `table.drop`, of a table that nothing else is under way for. */
  readonly drop: number;
  /** One of `wal.flush`, `wal.reclaim`, `wal.compact` and a list of all tables: changes nothing that can be seen. */
  readonly maintain: number;
}

/** What a workload process does. */
export interface WorkloadOptions {
  /** The database directory. */
  readonly path: string;
  /** The file or pipe that takes its journal. */
  readonly journal: string;
  /** Which of the processes on this directory it is, 1 to 2^25: no two journals of one directory may have the same. */
  readonly run: number;
  /** All decisions follow from it. Default: `run`. */
  readonly seed?: number;
  /** Operations to submit; default: until it is told to stop. */
  readonly operations?: number;
  /** Milliseconds after opening to stop at; default: until it is told to stop. */
  readonly milliseconds?: number;
  /** Operations not answered at a time, 1 or more. Default 64. */
  readonly inFlight?: number;
  /** What to do how often. Default {@link DEFAULT_MIX}. */
  readonly mix?: Partial<Mix>;
  /** Share of appends and trims that ask for `'sync'`, 0 to 1; the others ask for `'os'`. Default 0.5. */
  readonly syncShare?: number;
  /** Regions, 1 to 1000. Default 2. */
  readonly regions?: number;
  /** Tables in each region, 1 to 1000. Default 3. */
  readonly tables?: number;
  /** Tables with a name, 0 or more. Default 1. */
  readonly named?: number;
  /** Number of the first of them, so that runs can have names of their own. Default 0. */
  readonly firstName?: number;
  /** Most entries of a batch. Default 12. */
  readonly batch?: number;
  /** Smallest and largest payload in bytes. Default 16 to 400. */
  readonly bytes?: readonly [min: number, max: number];
  /** Whether each table is followed, and the journal says what a durable follower was given. Default false. */
  readonly follow?: boolean;
  /** Most entries of a table that a trim leaves: what keeps a directory small over many runs. Default 300. */
  readonly keep?: number;
  /** It stops by itself after so many rejections in a row, beside those of what was under way. Default 50. */
  readonly giveUpAfter?: number;
  /** Options of `openWal`. */
  readonly wal?: WalOptions;
}

/** What a workload does that is not told otherwise. */
export const DEFAULT_MIX: Mix = {
  append: 60,
  batch: 20,
  write: 8,
  trim: 8,
  sync: 2,
  read: 2,
  drop: 0,
  maintain: 0,
};

/** The options with their defaults filled in. */
export type ResolvedWorkload = Required<Omit<WorkloadOptions, 'mix'>> & { readonly mix: Mix };

/** Fills in the defaults. Throws a TypeError for what no workload can do. */
export function resolveWorkload(options: WorkloadOptions): ResolvedWorkload {
  const resolved = {
    seed: options.run,
    operations: Number.POSITIVE_INFINITY,
    milliseconds: Number.POSITIVE_INFINITY,
    inFlight: 64,
    syncShare: 0.5,
    regions: 2,
    tables: 3,
    named: 1,
    firstName: 0,
    batch: 12,
    bytes: [16, 400] as const,
    follow: false,
    keep: 300,
    giveUpAfter: 50,
    wal: {},
    ...options,
    mix: { ...DEFAULT_MIX, ...options.mix },
  };
  const { run, regions, tables } = resolved;
  if (!Number.isInteger(run) || run < 1 || run > 2 ** 25) {
    throw new TypeError(`run must be an integer of 1 to 2^25, and is ${run}`);
  }
  if (regions < 1 || regions > 1000 || tables < 1 || tables > 1000) {
    throw new TypeError(`regions and tables must be 1 to 1000, and are ${regions} and ${tables}`);
  }
  return resolved;
}

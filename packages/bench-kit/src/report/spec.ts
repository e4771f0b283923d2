import type { Durability } from '@shale/engine';

/** What is common to all cases. */
interface Common {
  /** Bytes of payload per entry; the second half of them is compressible. */
  readonly entryBytes: number;
  /** Number of tables over which the entries are spread. */
  readonly tables: number;
  /** Worker threads of the store, if it has that option. */
  readonly shards: number;
  /** What an acknowledgement means. */
  readonly durability: Durability;
}

/** How the entries are spread over the tables: evenly at random, or by Zipf's law with exponent 0.99. */
export type Spread = 'uniform' | 'zipf';

/** How a trim keeps up with the appends. */
export type TrimPattern = 'none' | 'window' | 'lagging';

/**
 * Appends. `closed`: `inFlight` appenders that each await one append before the next. `open`: appends come at a fixed
 * rate, the share `openAt` of what a closed loop reached just before, whether or not earlier ones have been answered;
 * latency counts from the time an append was due, so that stalls are included.
 */
export interface AppendSpec extends Common {
  readonly kind: 'append';
  /** Entries per append. */
  readonly batch: number;
  readonly inFlight: number;
  readonly spread: Spread;
  readonly loop: 'closed' | { readonly openAt: number };
  readonly trim: TrimPattern;
}

/**
 * Reads of a filled store. `replay`: all of one table, entry by entry. `from`: a thousand entries from a random
 * sequence on. `cold`: all of one table, bypassing every cache. `point`: one entry. `mix`: half point reads, half
 * single appends.
 */
export interface ReadSpec extends Common {
  readonly kind: 'read';
  readonly read: 'replay' | 'from' | 'cold' | 'point' | 'mix';
  /** Entries in the store, over all tables. */
  readonly entries: number;
  readonly inFlight: number;
}

/** How long a store takes to open, up to the acknowledgement of its first append. */
export interface RecoverySpec extends Common {
  readonly kind: 'recovery';
  /** Entries in the store, over all tables; 0 for one that does not exist yet. */
  readonly entries: number;
  /** How the last process that used it ended: it closed the store, or was killed by SIGKILL. */
  readonly end: 'clean' | 'killed';
}

/** How long it takes to trim a whole table, and how much disk space is freed. */
export interface TrimSpec extends Common {
  readonly kind: 'trim';
  /** Entries in each table. */
  readonly entriesPerTable: number;
}

/** One case of the suite. */
export type CaseSpec = AppendSpec | ReadSpec | RecoverySpec | TrimSpec;

/** A unique name of a case, made of all its parameters: `append 100B x100 t100 os s1 f16`. */
export function caseId(spec: CaseSpec): string {
  const size = `${shortBytes(spec.entryBytes)}`;
  const rest = [`t${shortCount(spec.tables)}`, spec.durability, `s${spec.shards}`];
  switch (spec.kind) {
    case 'append':
      return [
        `append ${size} x${spec.batch}`,
        ...rest,
        `f${spec.inFlight}`,
        ...(spec.spread === 'zipf' ? ['zipf'] : []),
        ...(spec.loop === 'closed' ? [] : [`open${Math.round(spec.loop.openAt * 100)}`]),
        ...(spec.trim === 'none' ? [] : [`trim-${spec.trim}`]),
      ].join(' ');
    case 'read':
      return [`read-${spec.read} ${size}`, ...rest, `f${spec.inFlight}`, `n${shortCount(spec.entries)}`].join(
        ' ',
      );
    case 'recovery':
      return [`recovery-${spec.end} ${size}`, ...rest, `n${shortCount(spec.entries)}`].join(' ');
    case 'trim':
      return [`trim ${size}`, ...rest, `n${shortCount(spec.entriesPerTable)}`].join(' ');
  }
}

/** `102400` as `100KiB`, `100` as `100B`. */
export function shortBytes(bytes: number): string {
  if (bytes % (1024 * 1024) === 0) return `${bytes / (1024 * 1024)}MiB`;
  if (bytes % 1024 === 0) return `${bytes / 1024}KiB`;
  return `${bytes}B`;
}

/** `10000` as `10k`, `1000000` as `1M`. */
export function shortCount(count: number): string {
  if (count >= 1e6 && count % 1e5 === 0) return `${count / 1e6}M`;
  if (count >= 1000 && count % 100 === 0) return `${count / 1000}k`;
  return String(count);
}

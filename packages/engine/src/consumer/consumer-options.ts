import { mustBe } from '@shale/codec';
import { invalid, readBag } from '@shale/storage';
import type { CursorOptions } from '../follow/cursor.js';
import { type FollowPosition, type From, readFollowOptions } from '../follow/follow-options.js';
import type { Durability } from '../options.js';
import type { CheckedRead, ReadOptions } from '../read/read-options.js';
import type { Region } from '../region/region.js';
import type { Table } from '../table.js';
import { wantsSync } from '../write-options.js';
import { type OwnPosition, readOwnPosition } from './own-positions.js';

/** When positions are stored. */
export interface CommitOptions {
  /**
   * Within how many milliseconds after an acknowledgement.
   *
   * @range 1 to 2^31-1
   * @defaultValue 1000
   */
  readonly everyMs?: number | undefined;
  /**
   * After how many acknowledged entries at the latest.
   *
   * @range 1 to 2^53-1
   * @defaultValue 1 000 000
   */
  readonly everyEntries?: number | undefined;
  /**
   * When a position counts as stored. With `'os'` a power cut may take the last ones, and the entries behind them come
   * again.
   *
   * @defaultValue the `durability` of `openWal`
   */
  readonly durability?: Durability | undefined;
}

/** One of several consumers of one name that share its tables. */
export interface ConsumerPartition {
  /**
   * Which one it is.
   *
   * @range 0 to `of` less 1
   */
  readonly index: number;
  /**
   * How many there are. All of them must say the same number.
   *
   * @range 1 to 1024
   */
  readonly of: number;
}

/** The tables whose names begin alike. */
export interface NamesWithPrefix {
  /** What their names begin with: 1 to 512 bytes of UTF-8. */
  readonly prefix: string;
}

/** How to consume. */
export interface ConsumerOptions<T = Uint8Array> extends Pick<ReadOptions, 'chunkBytes' | 'chunkEntries'> {
  /** One table, a region's, those whose names begin alike, or all there are; those that come into being later included. */
  readonly tables: Table<T, never> | Region | NamesWithPrefix | 'all';
  /**
   * Where to begin in a table that the consumer has no position in: with the first entry that there is; behind the last
   * one that was acknowledged when `wal.consumer` resolves; or, of one table, behind a sequence. It is kept for good
   * before `wal.consumer` resolves; for that, `'end'` lets a name that no table has come into being.
   *
   * Of many tables `'end'` counts when the name is opened for the first time, in every table that there is
   * then, whatever part it falls to; an opening that failed counts as none. Other tables begin with their first entry. A
   * table that was dropped has no position any more.
   *
   * @defaultValue `'start'`
   */
  readonly from?: 'start' | 'end' | FollowPosition | undefined;
  /** Which part of the tables is for this consumer, when others of the same name have the rest. Default: all of them. */
  readonly partition?: ConsumerPartition | undefined;
  /**
   * How many entries may be handed out and not acknowledged: `batch.ack()` alone then acknowledges, in any order, and
   * asking for a batch waits while there are so many. Default: asking for the next batch acknowledges the one before.
   *
   * @range 1 to 2^32-1
   */
  readonly maxUnacked?: number | undefined;
  /** When positions are stored; with `position`, when the copy of them is. */
  readonly commit?: CommitOptions | undefined;
  /**
   * Where the application keeps the positions, if the log does not: then an iteration begins where `load` says, or with the
   * first entry of a table that it has none for, and `from` cannot be given. `batch.store` stores them. The log has a copy,
   * which follows what is acknowledged: for `wal.consumers()`, and for what may be trimmed.
   *
   * A table that comes into being while the consumer iterates begins with its first entry, and `load` is not asked. When a
   * table is dropped its position is the application's to remove: `store` gets 0n for `after`, with the gap that tells it.
   */
  readonly position?: OwnPosition | undefined;
  /**
   * What entries are that were trimmed, or dropped, before the consumer was given them: SHALE_TRIMMED, with `expected` and
   * `first` in `details`; or a batch without entries whose `gap` says the same, after which it goes on.
   *
   * @defaultValue `'fail'`
   */
  readonly onTrimmed?: 'fail' | 'skip' | undefined;
}

/** Consumer options, checked; not its tables. */
export interface CheckedConsumer {
  readonly from: From;
  readonly partition: ConsumerPartition | null;
  /** Null when asking for a batch acknowledges the one before. */
  readonly maxUnacked: number | null;
  readonly everyMs: number;
  readonly everyEntries: number;
  readonly sync: boolean;
  readonly read: CheckedRead;
  readonly cursors: CursorOptions;
  /** Null when the log has the positions. */
  readonly position: OwnPosition | null;
}

const CONSUMER_OPTIONS = [
  'tables',
  'from',
  'partition',
  'maxUnacked',
  'commit',
  'position',
  'onTrimmed',
  'chunkBytes',
  'chunkEntries',
] as const;
const EVERY_MS = 1000;
const EVERY_ENTRIES = 1_000_000;
const MOST_PARTS = 1024;

/** Reads the options of a consumer. Throws SHALE_INVALID_ARGUMENT. */
export function readConsumerOptions<T>(
  options: ConsumerOptions<T>,
  usual: Durability,
  isOneTable: (tables: unknown) => boolean,
): CheckedConsumer & { readonly tables: unknown } {
  const bag = readBag('a consumer', options, CONSUMER_OPTIONS);
  const { tables, partition, maxUnacked, commit, position, ...rest } = bag;
  const most = maxUnacked === undefined ? null : whole('maxUnacked', maxUnacked, 1, 2 ** 32 - 1);
  const how =
    commit === undefined ? {} : readBag('commit', commit, ['everyMs', 'everyEntries', 'durability']);
  if (position !== undefined && rest.from !== undefined && rest.from !== 'start')
    throw invalid('from', 'an application that keeps the positions says where to begin: position.load does');
  // What is left is checked as that of a follow.
  const { from, read, cursors } = readFollowOptions(
    rest as Parameters<typeof readFollowOptions>[0],
    isOneTable(tables),
  );
  return {
    tables,
    from,
    partition: partition === undefined ? null : readPartition(partition),
    maxUnacked: most,
    everyMs: how.everyMs === undefined ? EVERY_MS : whole('everyMs', how.everyMs, 1, 2 ** 31 - 1),
    everyEntries:
      how.everyEntries === undefined
        ? EVERY_ENTRIES
        : whole('everyEntries', how.everyEntries, 1, Number.MAX_SAFE_INTEGER),
    sync: wantsSync(how.durability, usual === 'sync'),
    // No batch is larger than what may be unacknowledged.
    read: most === null ? read : { ...read, chunkEntries: Math.min(read.chunkEntries, most) },
    cursors,
    position: position === undefined ? null : readOwnPosition(position),
  };
}

function readPartition(value: unknown): ConsumerPartition {
  if (typeof value !== 'object' || value === null) throw mustBe('partition', '{ index, of }', value);
  const { index, of } = readBag('partition', value, ['index', 'of']);
  const parts = whole('of', of, 1, MOST_PARTS);
  return { index: whole('index', index, 0, parts - 1), of: parts };
}

function whole(field: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw mustBe(field, `an integer from ${min} to ${max}`, value);
}

import { mustBe, toU64 } from '@shale/codec';
import { readBag } from '@shale/storage';
import type { SequenceInput } from '../ids.js';
import { type CheckedRead, checkReadOptions, READ_OPTIONS, type ReadOptions } from '../read/read-options.js';
import type { CursorOptions } from './cursor.js';

/** How to follow a region, or everything. */
export interface WideFollowOptions extends Omit<ReadOptions, 'strict'> {
  /**
   * Where to begin in every table that there is: with its first entry, or behind the last one that was acknowledged when
   * `ready` resolves. A table that comes into being later is followed from its first entry.
   *
   * @defaultValue `'start'`
   */
  readonly from?: 'start' | 'end' | undefined;
  /**
   * What is seen: only what is on stable storage, so that nothing that was seen is lost to a power cut; or everything
   * that was acknowledged.
   *
   * @defaultValue `'durable'`
   */
  readonly visibility?: 'durable' | 'acknowledged' | undefined;
  /**
   * After how many milliseconds entries that were acknowledged with `'os'` are put on stable storage for a follow that
   * waits for that, by a sync of the whole log. With 0 they are not, except those that are there when it begins: they
   * come when something else is synced. `syncWithinMs` of `openWal` is another one, for all that is acknowledged,
   * followed or not.
   *
   * @range 0 to 2^31-1
   * @defaultValue 50
   */
  readonly syncWithinMs?: number | undefined;
  /**
   * What entries are that were trimmed, or dropped, before the follow was given them: SHALE_TRIMMED, with `expected` and
   * `first` in `details`; or a chunk without entries whose `gap` says the same, after which the follow goes on.
   *
   * @defaultValue `'fail'`
   */
  readonly onTrimmed?: 'fail' | 'skip' | undefined;
  /**
   * Whether it is an error, SHALE_HOLE, that sequences have no entries although later ones were given out: they were
   * lost, as a repair has reported, or never written. Otherwise the follow goes on past them, and the chunks tell it as a
   * `gap`.
   *
   * @defaultValue false
   */
  readonly strict?: boolean | undefined;
}

/** How to follow everything, or all tables whose names begin alike. */
export interface FollowAllOptions extends WideFollowOptions {
  /**
   * What the names of the tables begin with: no other table is followed, and none that has no name. One that is dropped
   * before it could be looked up what it is called, is not told of.
   *
   * @defaultValue every table
   */
  readonly prefix?: string | undefined;
}

/** Where an earlier follow, or read, came to. */
export interface FollowPosition {
  /** The last sequence that was given; 0 for none. */
  readonly after: SequenceInput;
}

/** How to follow a table. */
export interface FollowOptions extends Omit<WideFollowOptions, 'from'> {
  /**
   * Where to begin: with the first entry that there is; behind the last one that was acknowledged when `ready` resolves;
   * or behind a sequence, as the last one of an earlier follow. Entries behind it that were trimmed are told as
   * `onTrimmed` says; a sequence beyond the end of the table is SHALE_AHEAD.
   *
   * @defaultValue `'start'`
   */
  readonly from?: 'start' | 'end' | FollowPosition | undefined;
}

/** Where a follow begins. */
export type From = 'start' | 'end' | { readonly after: bigint };

/** Follow options, checked. */
export interface CheckedFollow {
  readonly from: From;
  readonly read: CheckedRead;
  readonly cursors: CursorOptions;
}

const OWN_OPTIONS = ['from', 'visibility', 'syncWithinMs', 'onTrimmed'] as const;

/** The options of a follow by their names. */
export const FOLLOW_OPTIONS: readonly ((typeof READ_OPTIONS)[number] | (typeof OWN_OPTIONS)[number])[] = [
  ...READ_OPTIONS,
  ...OWN_OPTIONS,
];
const SYNC_WITHIN_MS = 50;
const MOST_MS = 2 ** 31 - 1;

/** Reads the options of a follow. Throws SHALE_INVALID_ARGUMENT. */
export function readFollowOptions(options: FollowOptions | undefined, takesAfter: boolean): CheckedFollow {
  const bag = options === undefined ? {} : readBag('a follow', options, FOLLOW_OPTIONS);
  const { from, visibility = 'durable', syncWithinMs = SYNC_WITHIN_MS, onTrimmed = 'fail', ...rest } = bag;
  if (visibility !== 'durable' && visibility !== 'acknowledged') {
    throw mustBe('visibility', "'durable' or 'acknowledged'", visibility);
  }
  if (
    typeof syncWithinMs !== 'number' ||
    !Number.isInteger(syncWithinMs) ||
    syncWithinMs < 0 ||
    syncWithinMs > MOST_MS
  ) {
    throw mustBe('syncWithinMs', `an integer from 0 to ${MOST_MS}`, syncWithinMs);
  }
  if (onTrimmed !== 'fail' && onTrimmed !== 'skip') throw mustBe('onTrimmed', "'fail' or 'skip'", onTrimmed);
  // Each is checked by the read.
  const read = checkReadOptions(rest as ReadOptions);
  return {
    from: toFrom(from, takesAfter),
    read,
    cursors: {
      isDurable: visibility === 'durable',
      syncWithinMs,
      skipsTrimmed: onTrimmed === 'skip',
      strict: read.strict,
    },
  };
}

function toFrom(from: unknown, takesAfter: boolean): From {
  if (from === undefined || from === 'start') return 'start';
  if (from === 'end') return 'end';
  if (!takesAfter) throw mustBe('from', "'start' or 'end' unless one table is followed", from);
  if (typeof from !== 'object' || from === null) throw mustBe('from', "'start', 'end' or { after }", from);
  const { after } = readBag('from', from, ['after']);
  return { after: toU64('after', after) };
}

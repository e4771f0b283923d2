import { type BytesInput, checkAppendId, mustBe, toU64 } from '@shale/codec';
import { readBag } from '@shale/storage';
import { checkSignal } from './abort.js';
import type { SequenceInput } from './ids.js';
import type { Durability } from './options.js';
import type { ProducerId } from './producer-id.js';

/** How to write. */
export interface WriteOptions {
  /**
   * When it is acknowledged.
   *
   * @defaultValue the `durability` of `openWal`
   */
  readonly durability?: Durability | undefined;
  /**
   * Gives up waiting for room: the promise rejects with the signal's reason and nothing is written. Once the append
   * is under way the signal does nothing, because what has been sent cannot be taken back.
   */
  readonly signal?: AbortSignal | undefined;
}

/** How to append. */
export interface AppendOptions extends WriteOptions {
  /**
   * The sequence that the first entry must get; otherwise SHALE_SEQUENCE_MISMATCH and nothing is written. A writer that
   * repeats an append after SHALE_OUTCOME_UNKNOWN uses it to append once and only once: a mismatch with a
   * `details.actual` that is greater then proves that the append is in, if the table has no other writer and every
   * append to it has its `expect`. With a smaller one it is not in, and neither is an append made before it: repeat
   * them in order. With other writers a greater one only says that something was appended before: read the entry at
   * that sequence and compare, for which an entry should say whose it is.
   */
  readonly expect?: SequenceInput | undefined;
  /**
   * An id of the producer's, of 1 to 255 bytes; a string counts as its UTF-8. An append with an id that an append to the
   * same table had already is not written again: it resolves with the sequences which that one got, whatever it has as
   * entries and `expect`. So it can be repeated after any failure, SHALE_OUTCOME_UNKNOWN above all, while it may still be
   * under way, and by another process after a crash: it is in once. The id is kept as a whole, in the write of its
   * entries, and outlives their being trimmed, but not the drop of the table.
   *
   * It is remembered as long as `idWindow` of `openWal` says: afterwards it counts as new. A batch with an id must have
   * entries. The first append with an id to a table reads those that are remembered.
   */
  readonly id?: string | BytesInput | undefined;
}

/** The options of a write, checked. */
export type CheckedWrite = Omit<CheckedAppend, 'expect' | 'id'>;

/** Append options, checked. */
export interface CheckedAppend {
  readonly sync: boolean;
  readonly expect: bigint | undefined;
  readonly id: ProducerId | null;
  readonly signal: AbortSignal | undefined;
}

const USUAL_SYNC: CheckedAppend = { sync: true, expect: undefined, id: null, signal: undefined };
const USUAL_OS: CheckedAppend = { sync: false, expect: undefined, id: null, signal: undefined };

const APPEND_OPTIONS = ['durability', 'expect', 'id', 'signal'] as const;
const WRITE_OPTIONS = ['durability', 'signal'] as const;

/** How to append when nothing is said about it. One object for all tables: an application may make many. */
export function usualOptions(durability: Durability): CheckedAppend {
  return durability === 'sync' ? USUAL_SYNC : USUAL_OS;
}

/** Reads the options of an append. Throws SHALE_INVALID_ARGUMENT. */
export function readAppendOptions(call: string, options: AppendOptions, usual: CheckedAppend): CheckedAppend {
  const { durability, expect, id, signal } = readBag(call, options, APPEND_OPTIONS);
  return {
    sync: wantsSync(durability, usual.sync),
    expect: checkExpect(expect),
    id: id === undefined ? null : { id: checkAppendId(id), time: Date.now() },
    signal: checkSignal(signal),
  };
}

/** Reads the options of a write, trim or drop. Throws SHALE_INVALID_ARGUMENT. */
export function readWriteOptions(
  call: string,
  options: WriteOptions | undefined,
  usual: CheckedWrite,
): CheckedWrite {
  if (options === undefined) return usual;
  const { durability, signal } = readBag(call, options, WRITE_OPTIONS);
  return { sync: wantsSync(durability, usual.sync), signal: checkSignal(signal) };
}

/** Whether a durability means waiting for stable storage. Throws SHALE_INVALID_ARGUMENT. */
export function wantsSync(durability: unknown, fallback: boolean): boolean {
  if (durability === undefined) return fallback;
  if (durability === 'sync') return true;
  if (durability === 'os') return false;
  throw mustBe('durability', "'sync' or 'os'", durability);
}

/** The sequence that an append must begin at, if there is one. Throws SHALE_INVALID_ARGUMENT. */
export function checkExpect(expect: unknown): bigint | undefined {
  return expect === undefined ? undefined : toU64('expect', expect);
}

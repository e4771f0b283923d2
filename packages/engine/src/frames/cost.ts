import { WalError } from '@shale/codec';

/** For each append besides its payload bytes: bookkeeping on this thread. */
const PER_APPEND = 256;
/** For each entry besides its payload bytes: a length in the frame and the version byte. */
const PER_ENTRY = 4;
/** For each trim and drop: bookkeeping on this thread, and a place in a frame. */
const PER_REMOVAL = 512;

/** The bytes that the flow control books for an append, or for the parts of a write. */
export function costOf(bytes: number, entries: number, appends = 1): number {
  return bytes + PER_ENTRY * entries + PER_APPEND * appends;
}

/** The bytes that it books for a trim or drop, bounded by all that may be under way. */
export function costOfRemoval(limit: number): number {
  return Math.min(PER_REMOVAL, limit);
}

/** The most entries of a batch, given all that may be under way. */
export function mostEntries(limit: number): number {
  return limit / PER_ENTRY;
}

/** The most parts of a write, given all that may be under way. */
export function mostParts(limit: number): number {
  return limit / PER_APPEND;
}

/** The error of an append, or of a batch so far, that is larger than all that may be under way. */
export function tooLarge(
  append: { readonly bytes: number; readonly entries: number },
  cost: number,
  limit: number,
): WalError {
  return new WalError(
    'SHALE_TOO_LARGE',
    `an append of ${append.bytes} bytes in ${append.entries} entries counts as ${cost} bytes, and maxInFlightBytes is ${limit}: split it, or open with a larger maxInFlightBytes`,
    { details: { bytes: append.bytes, entries: append.entries, limit } },
  );
}

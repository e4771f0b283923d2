import type { WalError } from '@shale/codec';

/** An append, trim or drop of a frame that was not written, and why. */
export interface AppendFailure {
  /** The index of the append in the frame. */
  readonly append: number;
  readonly error: WalError;
}

/** The outcome of a frame. */
export interface CommitResult {
  /**
   * The first sequence of each append; for an empty one the table's last sequence, which always fits into 64 bits,
   * as the one after it need not. Of a repeat that of the append with its id; of a trim the sequence before the first that
   * is left; 0n of a drop, and where `errors` names the append.
   */
  readonly firsts: BigUint64Array;
  /**
   * Two per trim: the table's last sequence, and the last one that was removed, 0n for none. 0n where it was not done.
   */
  readonly trims: BigUint64Array;
  /** Two per append that is in already, by its id, ascending: its index, and how many entries the one has that is in. */
  readonly repeats: Uint32Array;
  /** The appends that were not written, ascending; all appends of an atomic write or none, with the same error. */
  readonly errors: readonly AppendFailure[];
}

import type { AppendReply, FrameOutline } from '@shale/codec';

/** Numbers of each table in what threads tell: region, table, and the first and last sequence. */
export const WROTE_STRIDE = 4;

/** Is told what frames have done to their tables, as long as it wants to know. */
export interface FrameWatcher {
  /** Whether the frames that are sent now are to be told of. */
  readonly isWatching: boolean;
  /**
   * A frame is in, but for what the reply has refused.
   *
   * @param isDurable whether all of it is on stable storage
   */
  settled(outline: FrameOutline, reply: AppendReply, isDurable: boolean): void;
  /** What became of a frame is not known. */
  lost(outline: FrameOutline): void;
  /**
   * The thread of a shard tells what was done to tables, by whomever.
   *
   * @param wrote region, table, and the first and the last sequence that was appended; two times 0n for a drop
   */
  heard(wrote: BigUint64Array, isDurable: boolean): void;
  /** The thread of a shard has died, and may not have told everything. */
  doubted(shard: number): void;
}

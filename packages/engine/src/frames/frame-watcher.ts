import type { AppendReply, FrameOutline } from '@shale/codec';

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
}

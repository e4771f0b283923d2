import type { TableId } from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';

/** Is told what frames do to tables, and may put records of its own into their batches. */
export interface FrameWatch {
  /** Another attempt to write a frame begins. */
  begin(): void;
  /** The tick of now, by which tables are due; 0 when appends need not be told. */
  tick(): number;
  /**
   * A frame appends to a table.
   *
   * @param first the first sequence that it gives out
   * @returns the tick from which on it is to be told again
   */
  appended(id: TableId, first: bigint, tick: number): number;
  /** Whether trims have to be told. */
  readonly hasMarks: boolean;
  /** A frame trims a table. @param first the first sequence that is left, or will be */
  trimmed(id: TableId, first: bigint): void;
  /** A frame drops a table. */
  dropped(id: TableId): void;
  /** A frame moves the position of a consumer in a table. */
  touch(id: TableId): void;
  /** Another log may have written to a table. */
  forget(id: TableId): void;
  /** A table that was lent is its owner's again. */
  disown(id: TableId): void;
  /** What belongs into the batch of the frame, after all else. */
  changes(): readonly RecordChange[];
  /** The frame is in, or it is not. */
  settle(written: boolean): void;
}

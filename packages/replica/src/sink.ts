import type { TableId, WalError } from '@shale/codec';

/**
 * Where a log is shipped to. It keeps the positions, together with the entries: whoever ships asks it how far each table is,
 * so that no entry is there twice, or left out, whenever a process ends.
 */
export interface ReplicaSink {
  /** Where it is. */
  readonly url: string;
  /** What keeps entries from coming through now; null when nothing does. */
  readonly trouble: Error | null;
  /** Calls back when it can take nothing more, ever. */
  onFailure(callback: (error: WalError) => void): void;
  /** Every table that is there, and how far. */
  positions(): Iterable<{ readonly table: TableId; readonly position: bigint }>;
  /** The last sequence of a table that is there; 0n for none. */
  position(table: TableId): bigint;
  /** Takes the next entries of a table, in order. Resolves when they are there for good, however long that takes. */
  append(table: TableId, name: string | null, first: bigint, payloads: readonly Uint8Array[]): Promise<void>;
  /** Notes that the next entry of a table is a later one; when what was before is trimmed, it is removed. */
  skipTo(table: TableId, next: bigint, isTrimmed: boolean): Promise<void>;
  /** The first sequence of a table that may have an entry there. */
  floor(table: TableId): bigint;
  /** Notes that entries before a sequence are gone, and removes them; what is not there yet is left out. */
  trim(table: TableId, floor: bigint): Promise<void>;
  /** Notes that a table is as never written, and removes it. */
  drop(table: TableId): Promise<void>;
  /** Takes nothing more. */
  close(): Promise<void>;
}

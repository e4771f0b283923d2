import type { TableRef } from '../table-ref.js';

/** Where an append got to: `first` to `last`, both inclusive. An empty batch has `first === last + 1n`. */
export interface AppendResult {
  /** The sequence of the first entry. */
  readonly first: bigint;
  /** The sequence of the last entry; for an empty batch the table's current last. */
  readonly last: bigint;
}

/** One part of a write over several tables. */
export interface PendingPart {
  readonly ref: TableRef;
  payloads: readonly Uint8Array[];
  readonly expect: bigint | undefined;
}

interface Common {
  /** Whether it wants to be on stable storage before it is acknowledged. */
  readonly sync: boolean;
  /** Bytes booked in the flow control. */
  readonly cost: number;
  readonly entries: number;
  readonly bytes: number;
  readonly reject: (error: unknown) => void;
}

/** `table.append`: one entry; resolves with its sequence. */
export interface SingleAppend extends Common {
  readonly kind: 'single';
  readonly ref: TableRef;
  payload: Uint8Array;
  readonly expect: bigint | undefined;
  readonly resolve: (sequence: bigint) => void;
}

/** `table.appendBatch`: entries of one table, all or nothing. */
export interface BatchAppend extends Common {
  readonly kind: 'batch';
  readonly ref: TableRef;
  payloads: readonly Uint8Array[];
  readonly expect: bigint | undefined;
  readonly resolve: (result: AppendResult) => void;
}

/** `wal.write`: entries of several tables, all or nothing. */
export interface WriteAppend extends Common {
  readonly kind: 'write';
  readonly parts: readonly PendingPart[];
  readonly resolve: (results: AppendResult[]) => void;
}

/** An append on its way: accepted, and not yet answered. */
export type PendingAppend = SingleAppend | BatchAppend | WriteAppend;

/** Whether every table of an append has its address. */
export function isAddressed(append: PendingAppend): boolean {
  return append.kind === 'write'
    ? append.parts.every((part) => part.ref.address !== null)
    : append.ref.address !== null;
}

/** The tables of an append. */
export function refsOf(append: PendingAppend): readonly TableRef[] {
  return append.kind === 'write' ? append.parts.map((part) => part.ref) : [append.ref];
}

/** Replaces the payloads by copies, for an append that was accepted and cannot go into a frame yet. */
export function copyPayloads(append: PendingAppend): void {
  const copy = (payload: Uint8Array): Uint8Array => new Uint8Array(payload);
  if (append.kind === 'single') append.payload = copy(append.payload);
  else if (append.kind === 'batch') append.payloads = append.payloads.map(copy);
  else for (const part of append.parts) part.payloads = part.payloads.map(copy);
}

/** Payload bytes as they are now. */
export function byteSum(append: PendingAppend): number {
  if (append.kind === 'single') return append.payload.length;
  const lists = append.kind === 'batch' ? [append.payloads] : append.parts.map((part) => part.payloads);
  let bytes = 0;
  for (const list of lists) for (const payload of list) bytes += payload.length;
  return bytes;
}

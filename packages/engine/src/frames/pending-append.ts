import { EntryPacker, type PackedEntries } from '@shale/codec';
import { TableRef } from '../table-ref.js';

/** Where an append got to: `first` to `last`, both inclusive. An empty batch has `first === last + 1n`. */
export interface AppendResult {
  /** The sequence of the first entry. */
  readonly first: bigint;
  /** The sequence of the last entry; for an empty batch the table's current last. */
  readonly last: bigint;
}

/**
 * The entries of a batch: arrays of the caller that have been measured and are copied before any other code of the
 * caller runs; or a copy.
 */
export type Payloads = MeasuredPayloads | CopiedPayloads;

/** Arrays of the caller. */
export interface MeasuredPayloads {
  readonly are: 'measured';
  readonly count: number;
  readonly views: readonly Uint8Array[];
  /** The length of each, in bytes. */
  readonly lengths: readonly number[];
}

/** A copy, with no other owner. */
export interface CopiedPayloads {
  readonly are: 'copied';
  readonly count: number;
  readonly packed: PackedEntries;
}

/** One part of a write over several tables. */
export interface PendingPart {
  readonly ref: TableRef;
  payloads: Payloads;
  readonly expect: bigint | undefined;
}

interface Common {
  /** Whether it wants to be on stable storage before it is acknowledged. */
  readonly sync: boolean;
  /** Bytes booked in the flow control. */
  readonly cost: number;
  readonly entries: number;
  readonly bytes: number;
  reject(error: unknown): void;
}

/** `table.append`: one entry; resolves with its sequence. */
export interface SingleAppend extends Common {
  readonly kind: 'single';
  ref: TableRef;
  /** Its length is `bytes`. */
  payload: Uint8Array;
  /** Whether the payload is a copy, with no other owner. */
  isCopied: boolean;
  readonly expect: bigint | undefined;
  readonly resolve: (sequence: bigint) => void;
}

/** `table.appendBatch`: entries of one table, all or nothing. */
export interface BatchAppend extends Common {
  readonly kind: 'batch';
  ref: TableRef;
  payloads: Payloads;
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

/** `table.trim`, at its turn. Nothing takes its table's address away. */
export interface PendingTrim extends Common {
  readonly kind: 'trim';
  ref: TableRef;
  readonly upTo: bigint;
  /** The table's first and last sequence now, and the last one that was removed, 0n for none. */
  resolve(first: bigint, last: bigint, removed: bigint): void;
}

/** `table.drop`, at its turn. Nothing takes its table's address away. */
export interface PendingDrop extends Common {
  readonly kind: 'drop';
  ref: TableRef;
  readonly resolve: () => void;
}

/** A trim or drop on its way. */
export type PendingRemoval = PendingTrim | PendingDrop;

/** Whatever goes into frames. */
export type PendingChange = PendingAppend | PendingRemoval;

/** Whether it is a trim or a drop. */
export function isRemoval(change: PendingChange): change is PendingRemoval {
  return change.kind === 'trim' || change.kind === 'drop';
}

const NO_BYTES = new Uint8Array(0);
const NO_TABLE = new TableRef(null, null);
const NO_PAYLOADS: Payloads = { are: 'measured', count: 0, views: [], lengths: [] };

/** Whether every table of an append has its address. */
export function isAddressed(append: PendingAppend): boolean {
  return append.kind === 'write'
    ? append.parts.every((part) => part.ref.address !== null)
    : append.ref.address !== null;
}

/** The tables of an append, trim or drop. */
export function refsOf(change: PendingChange): readonly TableRef[] {
  return change.kind === 'write' ? change.parts.map((part) => part.ref) : [change.ref];
}

/**
 * Copies the payloads of an append that cannot go into a frame yet: from then on the caller may change them. Throws
 * when there is no memory for them, and for one that another thread makes longer meanwhile.
 */
export function copyPayloads(append: PendingAppend): void {
  if (append.kind === 'single') {
    if (append.isCopied) return;
    const copy = new Uint8Array(append.bytes);
    copy.set(append.payload);
    append.payload = copy;
    append.isCopied = true;
  } else if (append.kind === 'batch') {
    append.payloads = copied(append.payloads);
  } else {
    for (const part of append.parts) part.payloads = copied(part.payloads);
  }
}

/**
 * Lets go of what the frame has now: the payloads, and the table, if it was asked for by its id. An application may ask
 * for its table at each append; then nothing of it outlives the call, and the garbage collector has nothing to move. A
 * name's table stays: it keeps what is known of the name.
 */
export function releaseFramed(append: PendingAppend): void {
  if (append.kind === 'write') {
    for (const part of append.parts) part.payloads = NO_PAYLOADS;
    return;
  }
  if (append.kind === 'single') append.payload = NO_BYTES;
  else append.payloads = NO_PAYLOADS;
  if (append.ref.name === null) append.ref = NO_TABLE;
}

function copied(payloads: Payloads): CopiedPayloads {
  if (payloads.are === 'copied') return payloads;
  const { count, views, lengths } = payloads;
  const packer = new EntryPacker(lengths.reduce((sum, length) => sum + length, count));
  for (const [i, view] of views.entries()) packer.add(view, lengths[i] ?? 0);
  return { are: 'copied', count, packed: packer.finish() };
}

import { type AppendReply, EntryPacker, ID_RESERVE, type PackedEntries } from '@shale/codec';
import type { ProducerId } from '../producer-id.js';
import { TableRef } from '../table-ref.js';
import { costOf } from './cost.js';

/** The sequences of an append: `first` to `last`, both inclusive. An empty batch has `first === last + 1n`. */
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

/** The position of a consumer in a table, to be put in the place of the one that is stored. */
export interface PositionMove {
  readonly consumer: bigint;
  /** The position that must be stored; 0n for none. */
  readonly stored: bigint;
  /** The value of the position, with no other owner. */
  readonly value: Uint8Array;
}

/** Entries for one table: a batch, or a part of a write. Or the position of a consumer in it, which has no entries. */
export interface PendingPart {
  ref: TableRef;
  payloads: Payloads;
  /** Entries. */
  readonly count: number;
  /** Payload bytes. */
  readonly bytes: number;
  readonly expect: bigint | undefined;
  readonly move?: PositionMove;
}

/** What an append puts its entries into: a frame. */
export interface AppendSink {
  /** @param joins whether it is part of the write that the part before it belongs to */
  beginPart(ref: TableRef, joins: boolean, expect: bigint | undefined): void;
  addEntry(payload: Uint8Array, length: number): void;
  addEntries(payloads: Payloads): void;
  addPosition(ref: TableRef, joins: boolean, move: PositionMove): void;
  /** Of the part that is begun. */
  addId(id: ProducerId): void;
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

/** An append that is accepted and not yet answered. */
interface Append extends Common {
  /** Its table; of a write that of the first part. */
  readonly ref: TableRef | undefined;
  /** How many appends it is for the frame. */
  readonly parts: number;
  /** How many of them are positions of consumers, each of which takes the room of an entry. */
  readonly moves: number;
  refs(): readonly TableRef[];
  /** Whether every table has its address. */
  isAddressed(): boolean;
  /** Replaces its tables. */
  pin(pinned: (ref: TableRef) => TableRef): void;
  /**
   * Copies the payloads of an append that cannot go into a frame yet: from then on the caller may change them. Throws
   * when there is no memory for them, and for one that another thread makes longer meanwhile.
   */
  copyPayloads(): void;
  addTo(sink: AppendSink): void;
  /**
   * Lets go of what the frame has now: the payloads, and the table, if it was asked for by its id. An application may
   * ask for its table at each append; then nothing of it outlives the call, and the garbage collector has nothing to
   * move. A name's table stays: it keeps what is known of the name.
   */
  letGo(): void;
  /** Settles it by the answer at `index`. */
  answer(reply: AppendReply, index: number): void;
}

/** How to append. */
interface How {
  readonly sync: boolean;
  readonly expect: bigint | undefined;
  readonly id: ProducerId | null;
}

const NO_BYTES = new Uint8Array(0);
const NO_TABLE = new TableRef(null, null);
const NO_PAYLOADS: Payloads = { are: 'measured', count: 0, views: [], lengths: [] };

/** `table.append`: one entry; resolves with its sequence. */
export class SingleAppend implements Append {
  readonly kind: 'single' | 'once';
  readonly parts = 1;
  readonly entries = 1;
  ref: TableRef;
  readonly sync: boolean;
  readonly cost: number;
  readonly bytes: number;
  readonly reject: (error: unknown) => void;
  #payload: Uint8Array;
  readonly #length: number;
  /** Whether the payload is a copy, with no other owner. */
  #isCopied = false;
  readonly #expect: bigint | undefined;
  readonly #id: ProducerId | null;
  readonly #resolve: (sequence: bigint) => void;

  /** @param bytes the length of the payload */
  constructor(
    ref: TableRef,
    payload: Uint8Array,
    bytes: number,
    { sync, expect, id }: How,
    resolve: (sequence: bigint) => void,
    reject: (error: unknown) => void,
  ) {
    this.ref = ref;
    this.sync = sync;
    this.#length = bytes;
    this.bytes = bytes + roomOf(id);
    this.cost = costOf(this.bytes, 1);
    this.reject = reject;
    this.#payload = payload;
    this.#expect = expect;
    this.#id = id;
    this.kind = id === null ? 'single' : 'once';
    this.#resolve = resolve;
  }

  get moves(): number {
    return 0;
  }

  refs(): readonly TableRef[] {
    return [this.ref];
  }

  isAddressed(): boolean {
    return this.ref.address !== null;
  }

  pin(pinned: (ref: TableRef) => TableRef): void {
    this.ref = pinned(this.ref);
  }

  copyPayloads(): void {
    if (this.#isCopied) return;
    const copy = new Uint8Array(this.#length);
    copy.set(this.#payload);
    this.#payload = copy;
    this.#isCopied = true;
  }

  addTo(sink: AppendSink): void {
    sink.beginPart(this.ref, false, this.#expect);
    if (this.#id !== null) sink.addId(this.#id);
    sink.addEntry(this.#payload, this.#length);
  }

  letGo(): void {
    this.#payload = NO_BYTES;
    if (this.ref.name === null) this.ref = NO_TABLE;
  }

  answer(reply: AppendReply, index: number): void {
    this.#resolve(reply.firsts[index] ?? 0n);
  }
}

/**
 * `table.appendBatch` and `wal.write`: entries of one table, or of several, and positions of consumers, all or nothing.
 */
export class WriteAppend implements Append {
  readonly kind: 'batch' | 'write';
  readonly sync: boolean;
  readonly cost: number;
  readonly entries: number;
  readonly bytes: number;
  readonly moves: number;
  readonly reject: (error: unknown) => void;
  readonly #parts: readonly PendingPart[];
  readonly #resolve: (results: readonly AppendResult[]) => void;

  constructor(
    kind: 'batch' | 'write',
    parts: readonly PendingPart[],
    sync: boolean,
    resolve: (results: readonly AppendResult[]) => void,
    reject: (error: unknown) => void,
  ) {
    this.kind = kind;
    this.sync = sync;
    let entries = 0;
    let bytes = 0;
    let moves = 0;
    for (const part of parts) {
      entries += part.count;
      bytes += part.bytes;
      if (part.move !== undefined) {
        // The version byte is counted with the entry.
        entries++;
        bytes += part.move.value.length - 1;
        moves++;
      }
    }
    this.entries = entries;
    this.bytes = bytes;
    this.moves = moves;
    this.cost = costOf(bytes, entries, parts.length);
    this.reject = reject;
    this.#parts = parts;
    this.#resolve = resolve;
  }

  get ref(): TableRef | undefined {
    return this.#parts[0]?.ref;
  }

  get parts(): number {
    return this.#parts.length;
  }

  refs(): readonly TableRef[] {
    return this.#parts.map(({ ref }) => ref);
  }

  isAddressed(): boolean {
    return this.#parts.every(({ ref }) => ref.address !== null);
  }

  pin(pinned: (ref: TableRef) => TableRef): void {
    for (const part of this.#parts) part.ref = pinned(part.ref);
  }

  copyPayloads(): void {
    for (const part of this.#parts) part.payloads = copied(part.payloads);
  }

  addTo(sink: AppendSink): void {
    for (let i = 0; i < this.#parts.length; i++) {
      const part = this.#parts[i];
      if (part === undefined) continue;
      if (part.move !== undefined) {
        sink.addPosition(part.ref, i > 0, part.move);
        continue;
      }
      sink.beginPart(part.ref, i > 0, part.expect);
      sink.addEntries(part.payloads);
    }
  }

  letGo(): void {
    for (const part of this.#parts) {
      part.payloads = NO_PAYLOADS;
      if (part.ref.name === null) part.ref = NO_TABLE;
    }
  }

  answer(reply: AppendReply, index: number): void {
    const results = this.#parts.map(({ count }, part) => resultOf(reply, index + part, count));
    this.#resolve(this.moves === 0 ? results : results.filter((_, i) => this.#parts[i]?.move === undefined));
  }
}

/** A batch with an id: in once, however often it is made. */
export class IdentifiedAppend implements Append {
  readonly kind = 'once';
  readonly parts = 1;
  readonly moves = 0;
  ref: TableRef;
  readonly sync: boolean;
  readonly cost: number;
  readonly entries: number;
  readonly bytes: number;
  readonly reject: (error: unknown) => void;
  readonly #id: ProducerId;
  readonly #expect: bigint | undefined;
  #payloads: Payloads;
  readonly #resolve: (result: AppendResult) => void;

  /** @param part has entries */
  constructor(
    { ref, payloads, count, bytes, expect }: PendingPart,
    id: ProducerId,
    sync: boolean,
    resolve: (result: AppendResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.ref = ref;
    this.sync = sync;
    this.entries = count;
    this.bytes = bytes + roomOf(id);
    this.cost = costOf(this.bytes, this.entries);
    this.reject = reject;
    this.#id = id;
    this.#expect = expect;
    this.#payloads = payloads;
    this.#resolve = resolve;
  }

  refs(): readonly TableRef[] {
    return [this.ref];
  }

  isAddressed(): boolean {
    return this.ref.address !== null;
  }

  pin(pinned: (ref: TableRef) => TableRef): void {
    this.ref = pinned(this.ref);
  }

  copyPayloads(): void {
    this.#payloads = copied(this.#payloads);
  }

  addTo(sink: AppendSink): void {
    sink.beginPart(this.ref, false, this.#expect);
    sink.addId(this.#id);
    sink.addEntries(this.#payloads);
  }

  letGo(): void {
    this.#payloads = NO_PAYLOADS;
    if (this.ref.name === null) this.ref = NO_TABLE;
  }

  answer(reply: AppendReply, index: number): void {
    const first = reply.firsts[index] ?? 0n;
    this.#resolve({ first, last: first + BigInt(repeatedAt(reply, index) ?? this.entries) - 1n });
  }
}

/** An append on its way: accepted, and not yet answered. */
export type PendingAppend = SingleAppend | WriteAppend | IdentifiedAppend;

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

/** The tables of an append, trim or drop. */
export function refsOf(change: PendingChange): readonly TableRef[] {
  return isRemoval(change) ? [change.ref] : change.refs();
}

/** The room that an id takes in a frame, in bytes. */
function roomOf(id: ProducerId | null): number {
  return id === null ? 0 : ID_RESERVE + id.id.length;
}

/** How many entries the append has that was in already; null for one that was not. */
function repeatedAt({ repeats }: AppendReply, index: number): number | null {
  // They are in order.
  let from = 0;
  let to = repeats.length / 2;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((repeats[middle * 2] ?? 0) < index) from = middle + 1;
    else to = middle;
  }
  return repeats[from * 2] === index ? (repeats[from * 2 + 1] ?? 0) : null;
}

function resultOf(reply: AppendReply, index: number, count: number): AppendResult {
  const first = reply.firsts[index] ?? 0n;
  // Of an empty append the reply tells the table's last sequence.
  return count === 0 ? { first: first + 1n, last: first } : { first, last: first + BigInt(count) - 1n };
}

/**
 * The payloads, copied unless they are. Throws when there is no memory for them.
 *
 * @param memory to copy them to, if there is room; default: its own
 */
export function copied(payloads: Payloads, memory?: Uint8Array): CopiedPayloads {
  if (payloads.are === 'copied') return payloads;
  const { count, views, lengths } = payloads;
  const packer = new EntryPacker(
    lengths.reduce((sum, length) => sum + length, count),
    memory,
  );
  for (const [i, view] of views.entries()) packer.add(view, lengths[i] ?? 0);
  return { are: 'copied', count, packed: packer.finish() };
}

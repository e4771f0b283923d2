import {
  AppendFrameWriter,
  type AppendReply,
  errorFromData,
  type FrameOutline,
  WalError,
} from '@shale/codec';
import { sharedNow } from '../clock.js';
import type { ProducerId } from '../producer-id.js';
import { withName } from '../table-name.js';
import type { Address, TableRef } from '../table-ref.js';
import type { BufferPool } from './buffer-pool.js';
import {
  type AppendSink,
  isRemoval,
  type Payloads,
  type PendingAppend,
  type PendingChange,
  type PendingRemoval,
  type PendingTrim,
  type PositionMove,
  refsOf,
} from './pending-append.js';

/** The most appends in one frame: settling them is one tick of this thread, which must stay short. */
const MAX_CHANGES = 4096;
/**
 * The most trims and drops in one frame. Each costs the worker a look at the disk or two, and the appends in the frame
 * wait for it; a sync is to be shared by many all the same.
 */
const MAX_REMOVALS = 32;

let serials = 0;

/** Appends, trims and drops that travel to a shard together, and the promises that wait for them. */
export class Frame implements AppendSink {
  readonly serial: number = ++serials;
  /** When it was begun, for what is in it. */
  readonly begunAt: number = sharedNow();
  readonly #writer: AppendFrameWriter;
  readonly #changes: PendingChange[] = [];
  #appends = 0;
  #removals = 0;
  #sync = false;
  #cost = 0;
  #entries = 0;
  #bytes = 0;

  constructor(buffer: ArrayBuffer) {
    this.#writer = new AppendFrameWriter(buffer);
  }

  /** The frame's memory, until it is sealed. */
  get buffer(): ArrayBuffer {
    return this.#writer.buffer;
  }

  /** What is in it, in order. Appends have let go of their payloads: see `letGo`. */
  get changes(): readonly PendingChange[] {
    return this.#changes;
  }

  /** Whether anything in it wants to be on stable storage. */
  get sync(): boolean {
    return this.#sync;
  }

  /** What all of it booked in the flow control. */
  get cost(): number {
    return this.#cost;
  }

  /** Appends, with each part of a write over several tables counted. */
  get appendCount(): number {
    return this.#appends;
  }

  /** Whether it takes another trim or drop, if that fits. */
  get takesRemovals(): boolean {
    return this.#removals < MAX_REMOVALS;
  }

  /** Trims and drops. */
  get removalCount(): number {
    return this.#removals;
  }

  get entryCount(): number {
    return this.#entries;
  }

  /** Payload bytes. */
  get byteCount(): number {
    return this.#bytes;
  }

  /** The size of a buffer that certainly holds this alone. */
  static sizeFor(change: PendingChange): number {
    return AppendFrameWriter.sizeFor(change.entries, change.bytes, partsOf(change), placesOf(change));
  }

  /**
   * A new frame with a change in it, in a buffer of the pool if that is large enough. Throws as {@link add}, and
   * SHALE_TOO_LARGE when there is no memory for it.
   */
  static holding(change: PendingChange, pool: BufferPool): Frame {
    const size = Frame.sizeFor(change);
    const frame = new Frame(size <= pool.bufferBytes ? pool.take() : bufferOf(size, change));
    frame.add(change);
    return frame;
  }

  fits(change: PendingChange): boolean {
    if (this.#changes.length >= MAX_CHANGES || (isRemoval(change) && !this.takesRemovals)) return false;
    return this.#writer.fits(change.entries, change.bytes, partsOf(change), placesOf(change));
  }

  /**
   * Copies an append in, whole, or a trim or drop; or throws and holds nothing of it. It must fit, and all its tables
   * must have their address. Runs no code of the caller.
   */
  add(change: PendingChange): void {
    if (isRemoval(change)) this.#addRemoval(change);
    else this.#addAppend(change);
    this.#changes.push(change);
    this.#cost += change.cost;
    if (change.sync) this.#sync = true;
  }

  #addAppend(append: PendingAppend): void {
    // Without the commit nothing of it is in.
    this.#writer.begin(append.entries, append.bytes, append.parts);
    append.addTo(this);
    this.#writer.commit();
    this.#appends += append.parts - append.moves;
    this.#entries += append.entries - append.moves;
    this.#bytes += append.bytes;
    append.letGo();
  }

  /** @internal For the append that is being added. */
  beginPart(ref: TableRef, joins: boolean, expect: bigint | undefined): void {
    const table = this.#tableOf(ref);
    if (expect !== undefined) this.#writer.beginAppend(table, { joins, expect });
    else if (joins) this.#writer.beginAppend(table, { joins });
    else this.#writer.beginAppend(table);
  }

  /** @internal For the append that is being added. */
  addEntry(payload: Uint8Array, length: number): void {
    this.#writer.add(payload, length);
  }

  /** @internal For the append that is being added. */
  addEntries(payloads: Payloads): void {
    const writer = this.#writer;
    if (payloads.are === 'copied') {
      writer.addPacked(payloads.packed);
      return;
    }
    const { views, lengths } = payloads;
    for (let i = 0; i < views.length; i++) {
      const view = views[i];
      if (view !== undefined) writer.add(view, lengths[i]);
    }
  }

  /** @internal For the append that is being added. */
  addPosition(ref: TableRef, joins: boolean, { consumer, stored, value }: PositionMove): void {
    this.#writer.addPosition(this.#tableOf(ref), joins, consumer, stored, value);
  }

  /** @internal For the append that is being added, of the part that is begun. */
  addId({ id, time }: ProducerId): void {
    this.#writer.addId(time, id);
  }

  #addRemoval(removal: PendingRemoval): void {
    const writer = this.#writer;
    writer.begin(0, 0, 1);
    const table = this.#tableOf(removal.ref);
    if (removal.kind === 'trim') writer.addTrim(table, removal.upTo);
    else writer.addDrop(table);
    writer.commit();
    this.#removals++;
  }

  /**
   * Ends the frame; returns the message, a view of a buffer that is its own.
   *
   * @param keepsOutline whether it keeps what it does to which tables
   */
  seal(keepsOutline: boolean): Uint8Array {
    return this.#writer.seal({ sync: this.#sync }, keepsOutline);
  }

  /** What the sealed frame does; null when that was not kept. */
  get outline(): FrameOutline | null {
    return this.#writer.outline;
  }

  /** Settles every promise, in order. */
  settle(reply: AppendReply): void {
    const failed = new Map(reply.errors.map(({ append, error }) => [append, errorFromData(error)]));
    let index = 0;
    let trimAt = 0;
    for (const change of this.#changes) {
      const parts = partsOf(change);
      const error = failed.size === 0 ? undefined : firstError(failed, index, parts);
      if (error !== undefined) change.reject(withName(error, refsOf(change)));
      else if (change.kind === 'trim') settleTrim(change, reply, index, trimAt);
      else if (change.kind === 'drop') change.resolve();
      else change.answer(reply, index);
      if (change.kind === 'trim') trimAt += 2;
      index += parts;
    }
  }

  /** Rejects every promise. */
  fail(errorOf: (change: PendingChange) => WalError): void {
    for (const change of this.#changes) change.reject(withName(errorOf(change), refsOf(change)));
  }

  #tableOf(ref: TableRef): number {
    if (ref.frameSerial !== this.serial) {
      const address: Address | null = ref.address;
      if (address === null) throw new WalError('SHALE_INTERNAL', 'an append to a table without an address');
      ref.frameIndex = this.#writer.addTableOf(address);
      ref.frameSerial = this.serial;
    }
    return ref.frameIndex;
  }
}

function bufferOf(size: number, change: PendingChange): ArrayBuffer {
  try {
    return new ArrayBuffer(size);
  } catch (cause) {
    const message = `there is no memory for a frame with an append of ${change.bytes} bytes: split it`;
    throw new WalError('SHALE_TOO_LARGE', message, { cause, details: { bytes: change.bytes } });
  }
}

function settleTrim(trim: PendingTrim, reply: AppendReply, index: number, trimAt: number): void {
  const last = reply.trims[trimAt] ?? 0n;
  // The reply tells the sequence before the first one.
  const first = last === 0n ? 0n : (reply.firsts[index] ?? 0n) + 1n;
  trim.resolve(first, last, reply.trims[trimAt + 1] ?? 0n);
}

function firstError(
  failed: ReadonlyMap<number, WalError>,
  index: number,
  parts: number,
): WalError | undefined {
  for (let i = index; i < index + parts; i++) {
    const error = failed.get(i);
    if (error !== undefined) return error;
  }
  return undefined;
}

function partsOf(change: PendingChange): number {
  return isRemoval(change) ? 1 : change.parts;
}

/** How many appends' room it takes: a position takes that of two. */
function placesOf(change: PendingChange): number {
  return isRemoval(change) ? 1 : change.parts + change.moves;
}

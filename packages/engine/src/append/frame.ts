import { AppendFrameWriter, type AppendReply, errorFromData, WalError } from '@shale/codec';
import type { Address, TableRef } from '../table-ref.js';
import type { BufferPool } from './buffer-pool.js';
import { type AppendResult, type Payloads, type PendingAppend, releasePayloads } from './pending-append.js';

/** The most appends in one frame: settling them is one tick of this thread, which must stay short. */
const MAX_APPENDS = 4096;
const NOTHING = new Uint8Array(0);

let serials = 0;

/** Appends that travel to a shard together, and the promises that wait for them. */
export class Frame {
  readonly serial: number = ++serials;
  readonly #writer: AppendFrameWriter;
  readonly #appends: PendingAppend[] = [];
  /** Entries of each append as the frame counts them: a write over several tables is several. */
  readonly #counts: number[] = [];
  #message: Uint8Array | null = null;
  #sync = false;
  #cost = 0;
  #entries = 0;
  #bytes = 0;

  constructor(buffer: ArrayBuffer) {
    this.#writer = new AppendFrameWriter(buffer);
  }

  get isEmpty(): boolean {
    return this.#appends.length === 0;
  }

  /** Whether any append in it wants to be on stable storage. */
  get sync(): boolean {
    return this.#sync;
  }

  /** What all of it booked in the flow control. */
  get cost(): number {
    return this.#cost;
  }

  get appendCount(): number {
    return this.#counts.length;
  }

  get entryCount(): number {
    return this.#entries;
  }

  /** Payload bytes. */
  get byteCount(): number {
    return this.#bytes;
  }

  /** The buffer that surely holds this append alone. */
  static sizeFor(append: PendingAppend): number {
    const parts = partCount(append);
    return AppendFrameWriter.sizeFor(append.entries, append.bytes, parts, parts);
  }

  /**
   * A new frame with an append in it, in a buffer of the pool if that is large enough. Throws as {@link add}, and
   * SHALE_TOO_LARGE when there is no memory for it.
   */
  static holding(append: PendingAppend, pool: BufferPool): Frame {
    const size = Frame.sizeFor(append);
    const frame = new Frame(size <= pool.bufferBytes ? pool.take() : bufferOf(size, append));
    frame.add(append);
    return frame;
  }

  fits(append: PendingAppend): boolean {
    if (this.#appends.length >= MAX_APPENDS) return false;
    const parts = partCount(append);
    return this.#writer.fits(append.entries, append.bytes, parts, parts);
  }

  /**
   * Copies an append in, whole, or throws and holds nothing of it. It must fit, and all its tables must have their
   * address. Runs no code of the caller.
   */
  add(append: PendingAppend): void {
    const writer = this.#writer;
    // Without the commit nothing of it is in.
    writer.begin(append.entries, append.bytes, partCount(append));
    if (append.kind === 'single') {
      this.#begin(append.ref, false, append.expect);
      writer.add(append.payload, append.bytes);
    } else if (append.kind === 'batch') {
      this.#begin(append.ref, false, append.expect);
      this.#copy(append.payloads);
    } else {
      for (const [index, part] of append.parts.entries()) {
        this.#begin(part.ref, index > 0, part.expect);
        this.#copy(part.payloads);
      }
    }
    writer.commit();
    this.#appends.push(append);
    if (append.kind === 'single') this.#counts.push(1);
    else if (append.kind === 'batch') this.#counts.push(append.payloads.count);
    else for (const part of append.parts) this.#counts.push(part.payloads.count);
    this.#cost += append.cost;
    this.#entries += append.entries;
    this.#bytes += append.bytes;
    if (append.sync) this.#sync = true;
    releasePayloads(append);
  }

  /** Ends the frame; returns the message, a view of a buffer that is its own. */
  seal(): Uint8Array {
    return this.#message ?? this.#writer.seal({ sync: this.#sync });
  }

  /** Ends the frame, and keeps a copy of its message if that is much smaller than the buffer, which goes back. */
  shrink(pool: BufferPool): void {
    const message = this.seal();
    const { buffer } = this.#writer;
    const isSmall = message.length * 4 < buffer.byteLength;
    this.#message = isSmall ? message.slice() : message;
    if (isSmall) pool.give(buffer);
  }

  /** Settles every promise, in order. */
  settle(reply: AppendReply): void {
    const failed = new Map(reply.errors.map(({ append, error }) => [append, errorFromData(error)]));
    let index = 0;
    for (const append of this.#appends) {
      const parts = append.kind === 'write' ? append.parts.length : 1;
      const error = failed.size === 0 ? undefined : firstError(failed, index, parts);
      if (error !== undefined) {
        append.reject(error);
      } else if (append.kind === 'single') {
        append.resolve(reply.firsts[index] ?? 0n);
      } else if (append.kind === 'batch') {
        append.resolve(this.#result(reply, index));
      } else {
        append.resolve(append.parts.map((_, part) => this.#result(reply, index + part)));
      }
      index += parts;
    }
  }

  /** Rejects every promise. */
  fail(error: WalError): void {
    for (const append of this.#appends) append.reject(error);
  }

  #begin(ref: TableRef, joins: boolean, expect: bigint | undefined): void {
    if (ref.frameSerial !== this.serial) {
      // Callers checked it; the empty prefix of a table without address would be refused by the writer.
      const address: Address | null = ref.address;
      ref.frameIndex = this.#writer.addTable(address === null ? NOTHING : address.prefix);
      ref.frameSerial = this.serial;
    }
    if (expect !== undefined) this.#writer.beginAppend(ref.frameIndex, { joins, expect });
    else if (joins) this.#writer.beginAppend(ref.frameIndex, { joins });
    else this.#writer.beginAppend(ref.frameIndex);
  }

  #copy(payloads: Payloads): void {
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

  #result(reply: AppendReply, index: number): AppendResult {
    const first = reply.firsts[index] ?? 0n;
    const count = this.#counts[index] ?? 0;
    // Of an empty append the reply tells the table's last sequence.
    return count === 0 ? { first: first + 1n, last: first } : { first, last: first + BigInt(count) - 1n };
  }
}

function bufferOf(size: number, append: PendingAppend): ArrayBuffer {
  try {
    return new ArrayBuffer(size);
  } catch (cause) {
    const message = `there is no memory for a frame with an append of ${append.bytes} bytes: split it`;
    throw new WalError('SHALE_TOO_LARGE', message, { cause, details: { bytes: append.bytes } });
  }
}

function partCount(append: PendingAppend): number {
  return append.kind === 'write' ? append.parts.length : 1;
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

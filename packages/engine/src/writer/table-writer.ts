import {
  asBytes,
  EntryPacker,
  memoryOf,
  type PackedEntries,
  type PayloadCodec,
  WalError,
} from '@shale/codec';
import type { Engine } from '../engine.js';
import { costOf, tooLarge } from '../frames/cost.js';
import { type AppendResult, WriteAppend } from '../frames/pending-append.js';
import { encodeWith, isBytesCodec, measureEncoded } from '../payload.js';
import type { TableRef } from '../table-ref.js';
import { nextTurn } from '../turn.js';
import { Waiters } from './waiters.js';
import type { CheckedWriter, FlushResult } from './writer-options.js';

/** What a writer needs of its table. */
export interface WriterContext<Input> {
  readonly engine: Engine;
  readonly ref: TableRef;
  readonly codec: PayloadCodec<unknown, Input>;
  readonly options: CheckedWriter;
  /** The largest sequence that the table has given out. */
  lastSequence(): Promise<bigint>;
}

/** Entries that are appended together. */
interface Batch {
  readonly packed: PackedEntries;
  readonly count: number;
  readonly cost: number;
  /** The sequence of its first entry; undefined where it is not told before. */
  expect: bigint | undefined;
  /** How often it was sent. */
  attempts: number;
}

/**
 *   open ──► closing ──► closed     all that was written is in
 *     └─────────┴──────► failed     what was acknowledged is in, and it takes nothing more
 */
type WriterState = 'open' | 'closing' | 'closed' | 'failed';

/** How often a batch is sent whose outcome is unknown and that is not in. */
const MOST_ATTEMPTS = 16;

/**
 * Writes entries to one table, in order, without a promise for each: `write` copies and returns, and `flush` tells when
 * all is in. Entries that are written while others are under way are appended together. Made by `table.writer`.
 *
 * The first failure ends it: `write`, `ready`, `flush` and `close` then fail with it, and `details.acknowledged` says how
 * many entries surely are in. After SHALE_OUTCOME_UNKNOWN, and when a stream was destroyed, those that were being
 * appended then may be in as well, all or none of them. None is in behind one that is not.
 *
 * It is for one producer: appends to the table by other ways come before or after some entry of it. Its entries are
 * among the appends that `wal.sync()` and `wal.close()` wait for.
 */
export class TableWriter<Input = Uint8Array> implements AsyncDisposable {
  readonly #context: WriterContext<Input>;
  readonly #isBytes: boolean;
  /** From how many bytes on a batch is full. */
  readonly #batchBytes: number;
  readonly #flushes = new Waiters();
  readonly #readies = new Waiters();
  #state: WriterState = 'open';
  #failure: WalError | null = null;
  #closing: Promise<void> | null = null;
  /** The batch that fills; null when nothing is in it, so that an idle writer holds no memory. */
  #open: EntryPacker | null = null;
  /** Memory for the next batch: that of the one that was answered last, while there is more to come. */
  #spare: Uint8Array | undefined;
  /** Bytes of the batch before, up to those of a full one: about as many are to be expected. */
  #usualBytes = 0;
  /** Those that are full. */
  #full: Batch[] = [];
  /** The one that is under way. */
  #sent: Batch | null = null;
  #isScheduled = false;
  /** Bytes that are written and not acknowledged. */
  #heldBytes = 0;
  #submitted = 0;
  #acknowledged = 0;
  #last: bigint | null = null;

  /** @internal Use `table.writer`. */
  constructor(context: WriterContext<Input>) {
    this.#context = context;
    this.#isBytes = isBytesCodec(context.codec);
    const { frameBytes, maxInFlightBytes } = context.engine.options;
    this.#batchBytes = Math.min(frameBytes, maxInFlightBytes) / 2;
  }

  /** Entries that were written. */
  get submitted(): number {
    return this.#submitted;
  }

  /** Entries that are in, all of them from the first on. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The sequence of the last entry that is in; null when there is none. */
  get last(): bigint | null {
    return this.#last;
  }

  /**
   * Takes an entry: when this returns it has been copied. False when the writer is full now: wait for {@link ready}
   * before the next one.
   *
   * Throws SHALE_OVERLOADED when the writer was full before, SHALE_TOO_LARGE, SHALE_PAYLOAD and SHALE_CLOSED, and the
   * entry is not taken; and what has ended the writer.
   */
  write(payload: Input): boolean {
    const { engine, codec, options } = this.#context;
    this.#requireOpen();
    const bytes = this.#isBytes ? asBytes(payload) : encodeWith(codec, payload);
    const length = measureEncoded(codec, bytes);
    // The codec may have ended it. From here on no code of the caller runs.
    this.#requireOpen();
    if (this.#heldBytes >= options.bufferBytes) throw this.#overloaded();
    const cost = costOf(length, 1, 0);
    const limit = engine.options.maxInFlightBytes;
    if (costOf(length, 1) > limit) throw tooLarge({ bytes: length, entries: 1 }, costOf(length, 1), limit);
    if (this.#open !== null && costOfOpen(this.#open) + cost > this.#batchBytes) this.#fill(this.#open);
    this.#open = this.#added(bytes, length);
    this.#heldBytes += cost;
    this.#submitted++;
    if (this.#sent === null && !this.#isScheduled) this.#schedule();
    return this.#heldBytes < options.bufferBytes;
  }

  /** Resolves when the writer is not full: at once if it is not. Rejects with what has ended it. */
  async ready(): Promise<void> {
    if (this.#failure !== null) await this.#refuseInTurn(this.#failure);
    if (this.#heldBytes >= this.#context.options.bufferBytes) await this.#readies.wait(0);
  }

  /** Resolves when everything written so far is in, with {@link last}. Rejects with what has ended the writer. */
  async flush(): Promise<FlushResult> {
    if (this.#failure !== null) await this.#refuseInTurn(this.#failure);
    if (this.#acknowledged < this.#submitted) await this.#flushes.wait(this.#submitted);
    return { last: this.#last };
  }

  /** Takes nothing more, and resolves when everything written is in. Rejects with what has ended the writer. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `await using` closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Resolves when everything written so far is in, or the writer has ended. */
  async settled(): Promise<void> {
    await this.flush().catch(() => undefined);
  }

  /** @internal Takes nothing more and sends nothing more. */
  abandon(reason: unknown): void {
    if (this.#state === 'open' || this.#state === 'closing') this.#fail(reason);
  }

  async #close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    await this.flush();
    this.#state = 'closed';
  }

  /** At the end of the burst of microtasks, so that what is written in one tick is appended together. */
  #schedule(): void {
    this.#isScheduled = true;
    this.#context.engine.writers.add(this);
    queueMicrotask(() => {
      process.nextTick(() => {
        this.#isScheduled = false;
        this.#dispatch();
      });
    });
  }

  /** The open batch, or a new one, with an entry more. Throws SHALE_TOO_LARGE when there is no memory for the copy. */
  #added(bytes: Uint8Array, length: number): EntryPacker {
    try {
      const packer = this.#open ?? new EntryPacker(Math.max(this.#usualBytes, length), this.#spare);
      packer.add(bytes, length);
      if (packer !== this.#open) this.#spare = undefined;
      return packer;
    } catch (cause) {
      const message = `there is no memory for the copy of an entry of ${length} bytes`;
      throw new WalError('SHALE_TOO_LARGE', message, { cause, details: { bytes: length } });
    }
  }

  /** The open batch takes nothing more. */
  #fill(open: EntryPacker): void {
    const { count } = open;
    const packed = open.finish();
    const cost = costOf(packed.payloadBytes, count);
    this.#full.push({ packed, count, cost, expect: undefined, attempts: 0 });
    this.#open = null;
    this.#usualBytes = Math.min(packed.data.length, this.#batchBytes);
  }

  /** Sends the next batch, if none is under way. */
  #dispatch(): void {
    if (this.#sent !== null || this.#failure !== null) return;
    if (this.#full.length === 0 && this.#open !== null) this.#fill(this.#open);
    const batch = this.#full.shift();
    if (batch === undefined) {
      this.#spare = undefined;
      this.#context.engine.writers.delete(this);
      return;
    }
    this.#sent = batch;
    this.#send(batch).catch((error: unknown) => this.#fail(error));
  }

  async #send(batch: Batch): Promise<void> {
    const { engine, options } = this.#context;
    if (options.exclusive) {
      batch.expect ??= (this.#last ?? (await this.#context.lastSequence())) + 1n;
    }
    if (!engine.flow.hasRoom(batch.cost)) await engine.intake.ready(batch.cost, undefined);
    if (this.#failure === null) this.#accept(batch);
  }

  #accept(batch: Batch): void {
    const { engine, ref, options } = this.#context;
    batch.attempts++;
    const { packed, count, expect } = batch;
    const payloads = { are: 'copied', count, packed } as const;
    const part = { ref, payloads, count, bytes: packed.payloadBytes, expect };
    const append = new WriteAppend(
      'batch',
      [part],
      options.sync,
      ([result]) => this.#answered(batch, result as AppendResult),
      (error) => this.#refused(batch, error),
    );
    // Also for a WAL that is closing: it waits for what was written before.
    engine.intake.acceptLate(append);
  }

  #answered(batch: Batch, { last }: AppendResult): void {
    if (this.#failure !== null) return;
    this.#sent = null;
    this.#spare = memoryOf(batch.packed);
    this.#acknowledged += batch.count;
    this.#last = last;
    this.#heldBytes -= costOf(batch.packed.payloadBytes, batch.count, 0);
    this.#flushes.reached(this.#acknowledged);
    if (this.#heldBytes < this.#context.options.bufferBytes) this.#readies.reached(0);
    this.#report(last);
    this.#dispatch();
  }

  #refused(batch: Batch, error: unknown): void {
    const isUnknown = error instanceof WalError && error.code === 'SHALE_OUTCOME_UNKNOWN';
    if (isUnknown && this.#context.options.exclusive) {
      this.#findOut(batch, error).catch(() => this.#fail(error));
    } else {
      this.#fail(error);
    }
  }

  /** Whether a batch of an exclusive writer is in is told by the table's last sequence. */
  async #findOut(batch: Batch, error: WalError): Promise<void> {
    const { expect = 0n, count, attempts } = batch;
    const last = await this.#context.lastSequence();
    const end = expect + BigInt(count) - 1n;
    if (this.#failure !== null) return;
    if (last === end) this.#answered(batch, { first: expect, last });
    else if (last === expect - 1n && attempts < MOST_ATTEMPTS) await this.#send(batch);
    else this.#fail(error);
  }

  #report(last: bigint): void {
    try {
      this.#context.options.onProgress?.({ acknowledged: this.#acknowledged, last });
    } catch (cause) {
      const message = 'what the writer calls with its progress threw: it must not';
      this.#fail(
        new WalError('SHALE_INVALID_ARGUMENT', message, { cause, details: { field: 'onProgress' } }),
      );
    }
  }

  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    const failure = this.#ended(error);
    this.#failure = failure;
    this.#state = 'failed';
    this.#open = null;
    this.#full = [];
    this.#spare = undefined;
    this.#sent = null;
    this.#context.engine.writers.delete(this);
    this.#flushes.fail(failure);
    this.#readies.fail(failure);
  }

  /** What has ended it, with what is in. */
  #ended(cause: unknown): WalError {
    const counts = { acknowledged: this.#acknowledged, submitted: this.#submitted };
    const { acknowledged, submitted } = counts;
    if (!(cause instanceof WalError)) {
      const message = `the writer was ended, with ${acknowledged} of ${submitted} entries acknowledged`;
      return new WalError('SHALE_CLOSED', message, { cause, details: counts });
    }
    const { code, path, table, tableName, details } = cause;
    const message = `${cause.message}; the writer has ended, with ${acknowledged} of ${submitted} entries acknowledged`;
    return new WalError(code, message, { cause, path, table, tableName, details: { ...details, ...counts } });
  }

  #requireOpen(): void {
    if (this.#state !== 'open') {
      throw this.#failure ?? new WalError('SHALE_CLOSED', 'the writer is closed: make another one');
    }
    const refusal = this.#context.engine.lifecycle.refusal();
    if (refusal !== null) throw refusal;
  }

  /** A program that asks again and again would keep the event loop from turning. */
  async #refuseInTurn(failure: WalError): Promise<never> {
    await nextTurn();
    throw failure;
  }

  #overloaded(): WalError {
    const { bufferBytes } = this.#context.options;
    const message = `${this.#heldBytes} bytes of the writer are under way, and bufferBytes is ${bufferBytes}: wait for ready() when write() returns false`;
    return new WalError('SHALE_OVERLOADED', message, {
      details: { queuedBytes: this.#heldBytes, waiting: this.#submitted - this.#acknowledged },
    });
  }
}

function costOfOpen(packer: EntryPacker): number {
  return costOf(packer.payloadBytes, packer.count, 0);
}

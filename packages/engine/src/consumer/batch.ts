import { mustBe, type TableId } from '@shale/codec';
import type { FollowGap } from '../follow/cursor.js';
import type { FollowChunk } from '../follow/follow-chunk.js';
import type { SequenceInput } from '../ids.js';
import type { Durability } from '../options.js';
import type { Entry } from '../read/entry.js';
import type { WriteParts } from '../write-parts.js';

/** How to write what came of a batch. */
export interface BatchWriteOptions {
  /** What the consumer keeps beside its position in the table, up to 64 KiB; by default what it has kept so far. */
  readonly state?: Uint8Array | undefined;
  /**
   * When it is acknowledged.
   *
   * @defaultValue the `durability` of `openWal`
   */
  readonly durability?: Durability | undefined;
}

/** What a batch asks of its consumer. */
export interface BatchOwner {
  ack(upTo: bigint): void;
  write(parts: readonly unknown[], options: BatchWriteOptions | undefined): Promise<void>;
  store(transaction: unknown): Promise<void>;
}

/** Consecutive entries of one table that a consumer gives, decoded when asked for; or a gap before them. */
export class Batch<T = Uint8Array> implements Iterable<Entry<T>> {
  readonly #chunk: FollowChunk<T>;
  readonly #owner: BatchOwner;

  /** @internal */
  constructor(chunk: FollowChunk<T>, owner: BatchOwner) {
    this.#chunk = chunk;
    this.#owner = owner;
  }

  /** The ids of the table. */
  get table(): TableId {
    return this.#chunk.table;
  }

  /** The table's name; null when it has none. */
  get name(): string | null {
    return this.#chunk.name;
  }

  /** What is missing before the entries that come next; then this batch has none. Null otherwise. */
  get gap(): FollowGap | null {
    return this.#chunk.gap;
  }

  /** Entries in the batch: at least 1, or 0 when it tells of a gap. */
  get length(): number {
    return this.#chunk.length;
  }

  /** The sequence of the first entry; behind a gap, of the one that comes next, 0n when the table was dropped. */
  get first(): bigint {
    return this.#chunk.first;
  }

  /** The sequence of the last entry; behind a gap, that before the next one, 0n when the table was dropped. */
  get last(): bigint {
    return this.#chunk.last;
  }

  /** Entry `index`, from 0. Throws SHALE_INVALID_ARGUMENT, or SHALE_PAYLOAD when the codec cannot decode it. */
  at(index: number): Entry<T> {
    return this.#chunk.at(index);
  }

  /** The sequence of entry `index`, from 0. */
  sequenceAt(index: number): bigint {
    return this.#chunk.sequenceAt(index);
  }

  /** The payload of entry `index`, from 0. */
  payloadAt(index: number): T {
    return this.#chunk.payloadAt(index);
  }

  /** The entries, one by one. */
  [Symbol.iterator](): Iterator<Entry<T>, undefined> {
    return this.#chunk[Symbol.iterator]();
  }

  /**
   * Acknowledges the batch, or its entries up to and including a sequence: they do not come again once that is stored, as
   * `commit` of the consumer says. Batches of a table may be acknowledged in any order; what is stored is how far all of
   * them are. It does nothing for a batch of an iteration that has ended, whose entries come again. Throws
   * SHALE_INVALID_ARGUMENT for a sequence that is not in the batch.
   */
  ack(upTo?: SequenceInput): void {
    if (upTo === undefined) {
      this.#owner.ack(this.last);
      return;
    }
    const isSequence = typeof upTo === 'bigint' || Number.isSafeInteger(upTo);
    const sequence = isSequence ? BigInt(upTo) : -1n;
    if (this.length === 0 || sequence < this.first || sequence > this.last) {
      throw mustBe('upTo', 'one of the sequences of the batch', upTo);
    }
    this.#owner.ack(sequence);
  }

  /**
   * Appends to tables, as `wal.write` does, and acknowledges the batch, in one atomic write: after a crash both is there,
   * or neither, so what came of an entry is there once. Without parts it stores the position alone, at once. All batches
   * of the table before it must be acknowledged. A thread that dies meanwhile is not noticed.
   *
   * Rejects with SHALE_FENCED when the consumer was opened again elsewhere, or the iteration of the batch has ended: then
   * nothing is written, and its entries come again, here or there. Rejects with SHALE_INVALID_ARGUMENT when the application
   * keeps the positions: it cannot be one write with them. Rejects otherwise as `wal.write` does.
   */
  write<const Inputs extends readonly unknown[]>(
    parts: WriteParts<Inputs>,
    options?: BatchWriteOptions,
  ): Promise<void> {
    return this.#owner.write(parts, options);
  }

  /**
   * Has the application store the position behind the batch, by the `store` of the consumer's option `position`, in the
   * transaction that it stores what comes of the batch in. The batch is acknowledged as any other: by asking for the next
   * one, or by `ack`, which is to come when the transaction is through. One that is rolled back can be begun anew with the
   * same batch. All batches of the table before it must be acknowledged.
   *
   * Rejects with what `store` throws; with SHALE_FENCED when the position is elsewhere by now, or the consumer was opened
   * again, or the iteration of the batch has ended: roll back then; and with SHALE_INVALID_ARGUMENT when the consumer has its
   * positions in the log.
   *
   * @param transaction what `store` is given
   */
  store(transaction?: unknown): Promise<void> {
    return this.#owner.store(transaction);
  }
}

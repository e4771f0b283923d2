import { WalError } from '@shale/codec';
import { onAbort } from '../abort.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Health } from '../health.js';
import type { Shard } from '../shard/shard.js';
import type { TableRef } from '../table-ref.js';
import type { FlowControl } from './flow.js';
import { NamingQueue } from './naming-queue.js';
import { byteSum, isAddressed, type PendingAppend } from './pending-append.js';

/** What the intake needs of the WAL. */
export interface IntakeContext {
  readonly flow: FlowControl;
  readonly health: Health;
  readonly catalog: Catalog;
  readonly shards: readonly Shard[];
  /** The error for any new append, or null while there is nothing against one. */
  refusal(): WalError | null;
}

/**
 * The way of an append to its shard: refused, or admitted at once, or queued for room; then, when a table's name has no
 * address yet, held until it has one; then copied into its shard's frame.
 */
export class Intake {
  readonly #context: IntakeContext;
  readonly #naming: NamingQueue;

  constructor(context: IntakeContext) {
    this.#context = context;
    this.#naming = new NamingQueue(
      context.catalog,
      (append) => this.#route(append),
      (append, error) => this.#refuse(append, error),
    );
  }

  /** Takes an append in, or rejects it. From here on its promise is always settled. */
  accept(append: PendingAppend, signal: AbortSignal | undefined): void {
    const refusal = this.#refusal(append, signal);
    if (refusal !== null) {
      append.reject(refusal.error);
      return;
    }
    if (this.#context.flow.tryTake(append.cost)) this.#admit(append);
    else this.#queue(append, signal);
  }

  /** Resolves when there is room for appends. */
  ready(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      let forget = (): void => {};
      const place = this.#context.flow.wait({
        cost: 1,
        takes: false,
        admit: () => {
          forget();
          resolve();
        },
        fail: (error) => {
          forget();
          reject(error);
        },
      });
      if (place.waiter === null) return;
      forget = onAbort(signal, () => {
        if (this.#context.flow.leave(place)) reject(signal?.reason);
      });
    });
  }

  /**
   * Calls `act` after the appends that were made before this (but for those that wait for room) and before those that
   * are made after it. By then the table has its address, or there is no table of its name.
   *
   * @param fail the table's name could not be looked up
   */
  follow(ref: TableRef, act: () => void, fail: (error: unknown) => void): void {
    if (this.#naming.isEmpty && ref.address !== null) act();
    else this.#naming.addStep(ref, act, fail);
  }

  /** Resolves when every append made so far is settled. */
  async settled(): Promise<void> {
    await this.#context.flow.barrier();
    await this.#naming.barrier();
    await Promise.all(
      this.#context.shards.map(
        (shard) => new Promise<void>((resolve) => shard.batcher.afterSettled(resolve)),
      ),
    );
  }

  /** Nothing may be acknowledged now: whatever has not been sent gets the error. */
  failUnsent(error: WalError): void {
    const { flow, shards } = this.#context;
    flow.failAll(error);
    for (const shard of shards) flow.release(shard.batcher.failUnsent(error));
  }

  #refusal(append: PendingAppend, signal: AbortSignal | undefined): { readonly error: unknown } | null {
    const refusal = this.#context.refusal() ?? this.#crossShard(append);
    if (refusal !== null) return { error: refusal };
    if (signal?.aborted === true) return { error: signal.reason };
    if (append.cost > this.#context.flow.maxBytes) {
      return {
        error: new WalError(
          'SHALE_TOO_LARGE',
          `an append of ${append.bytes} bytes in ${append.entries} entries counts as ${append.cost} bytes, and maxInFlightBytes is ${this.#context.flow.maxBytes}: split it, or open with a larger maxInFlightBytes`,
          { details: { bytes: append.bytes, entries: append.entries, limit: this.#context.flow.maxBytes } },
        ),
      };
    }
    return null;
  }

  #queue(append: PendingAppend, signal: AbortSignal | undefined): void {
    let forget = (): void => {};
    const place = this.#context.flow.wait({
      cost: append.cost,
      takes: true,
      admit: () => {
        forget();
        if (byteSum(append) === append.bytes) this.#admit(append);
        else this.#refuse(append, changedWhileWaiting());
      },
      fail: (error) => {
        forget();
        append.reject(error);
      },
    });
    if (place.waiter === null) return;
    forget = onAbort(signal, () => {
      if (this.#context.flow.leave(place)) append.reject(signal?.reason);
    });
  }

  #admit(append: PendingAppend): void {
    // Behind an append that waits for a name, so that nothing overtakes.
    if (this.#naming.isEmpty && isAddressed(append)) this.#route(append);
    else this.#naming.addAppend(append);
  }

  #route(append: PendingAppend): void {
    const trouble = this.#context.health.error ?? this.#crossShard(append);
    if (trouble !== null) {
      this.#refuse(append, trouble);
      return;
    }
    const ref = append.kind === 'write' ? append.parts[0]?.ref : append.ref;
    const shard = this.#context.shards[ref?.address?.shard ?? 0];
    try {
      if (shard === undefined) throw new WalError('SHALE_INTERNAL', 'an append has no shard');
      shard.batcher.add(append);
    } catch (cause) {
      // Before anything of it was taken: there is no memory for a frame of its size.
      const message = `an append of ${append.bytes} bytes cannot be put into a frame: split it`;
      this.#refuse(append, new WalError('SHALE_TOO_LARGE', message, { cause }));
    }
  }

  /** The error of a write over several shards, as far as its tables have their address. */
  #crossShard(append: PendingAppend): WalError | null {
    if (append.kind !== 'write') return null;
    const shards = new Set<number>();
    for (const { ref } of append.parts) if (ref.address !== null) shards.add(ref.address.shard);
    if (shards.size < 2) return null;
    return new WalError(
      'SHALE_CROSS_SHARD',
      `one write can be atomic only over tables of one shard, and these ${append.parts.length} are on ${shards.size}: open with shardBy: 'region' and keep a write to one region, or with shards: 1`,
      { details: { tables: append.parts.length, shards: shards.size } },
    );
  }

  /** Rejects an append that has booked its bytes. */
  #refuse(append: PendingAppend, error: unknown): void {
    append.reject(error);
    this.#context.flow.release(append.cost);
  }
}

function changedWhileWaiting(): WalError {
  return new WalError(
    'SHALE_INVALID_ARGUMENT',
    'the payload changed while its append waited for room: leave it alone until the promise settles, or wait for wal.ready() first',
    { details: { field: 'payload' } },
  );
}

import { WalError } from '@shale/codec';
import { abortReason, hasAborted, onAbort } from '../abort.js';
import type { Catalog } from '../catalog/catalog.js';
import { tooLarge } from '../frames/cost.js';
import {
  isRemoval,
  type PendingAppend,
  type PendingChange,
  type PendingRemoval,
} from '../frames/pending-append.js';
import type { Health } from '../health.js';
import type { JointLane } from '../joint/joint-lane.js';
import type { Shard } from '../shard/shard.js';
import type { TableRef } from '../table-ref.js';
import { inTurn } from '../turn.js';
import type { FlowControl, Place } from './flow.js';
import { NamingQueue } from './naming-queue.js';

/** A trim or drop that comes to its turn. */
export interface Step {
  readonly ref: TableRef;
  /** Bytes to book. */
  readonly cost: number;
  /**
   * Its turn: after the appends to its table that were made before it, and before those made after it. By then its cost
   * is booked, and its table has its address, or there is no table of its name.
   */
  go(): void;
  /** Its turn never comes. */
  fail(error: unknown): void;
}

/** What puts appends into frames and sends them: a shard, or the lane of joint writes. */
type Lane = Pick<Shard, 'append' | 'wake' | 'afterSettled' | 'failUnsent'>;

/** What the intake needs of the WAL. */
export interface IntakeContext {
  readonly flow: FlowControl;
  readonly health: Health;
  readonly catalog: Catalog;
  readonly shards: readonly Shard[];
  readonly joint: JointLane;
  /** The error for any new append, or null while there is nothing against one. */
  refusal(): WalError | null;
  /** Takes bytes of entries in that the disk budget has room for; the error when it has none. */
  admit(bytes: number): WalError | null;
  /** What keeps the WAL from writing, if anything does. */
  trouble(): WalError | null;
}

/**
 * The way of an append to its shard: refused; or, with room and an address for each of its tables, copied into its
 * shard's frame; or copied, and queued for room, and held until each of its tables has an address, and behind what is
 * held for one of them. None of the caller's code runs before the payloads are copied, and nothing is booked or queued
 * before that either: an append is refused as if it had never come.
 */
export class Intake {
  readonly #context: IntakeContext;
  readonly #lanes: readonly Lane[];
  readonly #naming: NamingQueue;

  constructor(context: IntakeContext) {
    this.#context = context;
    this.#lanes = [context.joint, ...context.shards];
    this.#naming = new NamingQueue({
      catalog: context.catalog,
      trouble: () => context.health.error,
    });
  }

  /**
   * Takes an append in, or rejects it. From here on its promise is always settled, and its payloads belong to the
   * caller again.
   */
  accept(append: PendingAppend, signal: AbortSignal | undefined): void {
    const refusal = this.#refusal(append, signal);
    if (refusal !== null) inTurn(append.reject, refusal.error);
    else this.#takeIn(append, signal);
  }

  /** The same for entries that were taken before the WAL began to close, and fit. */
  acceptLate(append: PendingAppend): void {
    const trouble = this.#context.trouble();
    if (trouble !== null) inTurn(append.reject, trouble);
    else this.#takeIn(append, undefined);
  }

  #takeIn(append: PendingAppend, signal: AbortSignal | undefined): void {
    const { flow } = this.#context;
    try {
      if (!flow.hasRoom(append.cost)) {
        this.#queue(append, signal);
      } else if (!this.#naming.wants(append)) {
        const lane = this.#laneOf(append);
        lane.append(append);
        flow.book(append.cost);
        lane.wake();
      } else {
        append.copyPayloads();
        flow.book(append.cost);
        this.#hold(append, 'door');
      }
    } catch (cause) {
      inTurn(append.reject, notCopied(append, cause));
    }
  }

  /** Resolves when there is room for so much, which is set aside until the event loop turns. */
  ready(cost: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (hasAborted(signal)) throw abortReason(signal);
      this.#wait(cost, 'promise', signal, resolve, reject);
    });
  }

  /** Takes a trim or drop in: it waits for room as an append does, and then for its table's address. */
  follow(step: Step, signal: AbortSignal | undefined): void {
    const { flow } = this.#context;
    try {
      if (hasAborted(signal)) throw abortReason(signal);
      if (flow.hasRoom(step.cost)) {
        flow.book(step.cost);
        this.#take(step, 'door');
      } else {
        flow.requirePlace(step.cost);
        this.#wait(
          step.cost,
          'room',
          signal,
          () => this.#take(step, 'queue'),
          (error) => step.fail(error),
          true,
        );
      }
    } catch (error) {
      step.fail(error);
    }
  }

  #take(step: Step, from: 'door' | 'queue'): void {
    const { ref, cost } = step;
    if (ref.address !== null && !this.#naming.holds(ref)) {
      step.go();
      return;
    }
    const { flow } = this.#context;
    const aside = flow.setAside(cost, from);
    this.#naming.addStep(
      ref,
      () => {
        flow.putBack(cost, aside);
        step.go();
      },
      (error) => {
        flow.putBack(cost, aside);
        flow.release(cost);
        step.fail(error);
      },
    );
  }

  /**
   * Holds an append that has booked its bytes, and whose payloads are copies, until its tables have their addresses.
   */
  #hold(append: PendingAppend, from: 'door' | 'queue'): void {
    const { flow } = this.#context;
    const aside = flow.setAside(append.cost, from);
    this.#naming.addAppend(
      append,
      () => {
        flow.putBack(append.cost, aside);
        this.#route(append);
      },
      (error) => {
        flow.putBack(append.cost, aside);
        this.#refuse(append, error);
      },
    );
  }

  /** Puts a trim or drop whose turn it is into a frame, or throws. */
  send(removal: PendingRemoval): void {
    const lane = this.#laneOf(removal);
    lane.append(removal);
    lane.wake();
  }

  /** Resolves when every append made so far is settled. */
  async settled(): Promise<void> {
    await this.#context.flow.barrier();
    await this.#naming.barrier();
    await Promise.all(this.#lanes.map((lane) => new Promise<void>((resolve) => lane.afterSettled(resolve))));
  }

  /** Nothing may be acknowledged now: whatever has not been sent gets the error. */
  failUnsent(error: WalError): void {
    const { flow, health } = this.#context;
    // On a full disk trims and drops are what makes room.
    const isFull = health.state === 'full';
    flow.failAll(error, isFull ? 'removals' : 'none');
    const spare = (change: PendingChange): boolean => isFull && isRemoval(change);
    for (const lane of this.#lanes) flow.release(lane.failUnsent(error, spare));
  }

  #refusal(append: PendingAppend, signal: AbortSignal | undefined): { readonly error: unknown } | null {
    const refusal = this.#context.refusal();
    if (refusal !== null) return { error: refusal };
    if (hasAborted(signal)) return { error: abortReason(signal) };
    const limit = this.#context.flow.limits.inFlightBytes;
    if (append.cost > limit) return { error: tooLarge(append, append.cost, limit) };
    if (append.entries === append.moves && append.entries > 0) return null;
    const over = this.#context.admit(append.cost);
    return over === null ? null : { error: over };
  }

  #queue(append: PendingAppend, signal: AbortSignal | undefined): void {
    this.#context.flow.requirePlace(append.cost);
    append.copyPayloads();
    this.#wait(append.cost, 'room', signal, () => this.#admit(append), append.reject);
  }

  /** Waits for room, or for the signal. Throws when the signal cannot be listened to, and then nothing waits. */
  #wait(
    cost: number,
    takes: 'room' | 'promise',
    signal: AbortSignal | undefined,
    admit: () => void,
    reject: (error: unknown) => void,
    isRemoval = false,
  ): void {
    const { flow } = this.#context;
    let place: Place | null = null;
    const forget = onAbort(signal, () => {
      if (place !== null && flow.leave(place)) reject(abortReason(signal));
    });
    place = flow.wait({
      cost,
      takes,
      isRemoval,
      // The abort of one that waits may be what makes room for another that has the same signal.
      isGone: () => hasAborted(signal),
      admit: () => {
        forget();
        admit();
      },
      fail: (error) => {
        forget();
        reject(error ?? abortReason(signal));
      },
    });
  }

  /** Sends an append that has booked its bytes on, and whose payloads are copies. */
  #admit(append: PendingAppend): void {
    // Behind what is held for one of its tables, so that nothing of a table is overtaken.
    if (this.#naming.wants(append)) this.#hold(append, 'queue');
    else this.#route(append);
  }

  #route(append: PendingAppend): void {
    const trouble = this.#context.health.error;
    if (trouble !== null) {
      this.#refuse(append, trouble);
      return;
    }
    try {
      const lane = this.#laneOf(append);
      lane.append(append);
      lane.wake();
    } catch (cause) {
      this.#refuse(append, notCopied(append, cause));
    }
  }

  /** Where the append goes: to its shard, or to those that several tables' shards write together. */
  #laneOf(append: PendingChange): Lane {
    const { joint, shards } = this.#context;
    if (joint.wants(append)) return joint;
    const shard = shards[append.ref?.address?.shard ?? 0];
    if (shard === undefined) throw new WalError('SHALE_INTERNAL', 'an append has no shard');
    return shard;
  }

  /** Rejects an append that has booked its bytes. */
  #refuse(append: PendingAppend, error: unknown): void {
    append.reject(error);
    this.#context.flow.release(append.cost);
  }
}

/** The error of an append whose payloads cannot be copied. */
export function notCopied(append: PendingAppend, cause: unknown): WalError {
  if (cause instanceof WalError) return cause;
  return new WalError(
    'SHALE_PAYLOAD',
    `an append of ${append.bytes} bytes cannot be copied: its memory was changed meanwhile, or there is none for the copy`,
    { cause, details: { bytes: append.bytes, entries: append.entries } },
  );
}

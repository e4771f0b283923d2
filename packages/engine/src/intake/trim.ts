import type { WalError } from '@shale/codec';
import type { PendingTrim } from '../frames/pending-append.js';
import type { TrimEvents } from '../metrics/trim-events.js';
import type { Reclaimer, TrimUnderWay } from '../reclaimer.js';
import type { TableRef } from '../table-ref.js';
import { inTurn } from '../turn.js';
import type { Intake, Step } from './intake.js';

/** What a trim needs of the WAL. */
export interface TrimContext {
  readonly intake: Intake;
  readonly reclaimer: Pick<Reclaimer, 'begin' | 'end'>;
  readonly events: TrimEvents;
  /** What is against a trim at its turn, or null: less than against an append. */
  trouble(): WalError | null;
  /** Gives back what it has booked. */
  release(cost: number): void;
}

/** What is to be trimmed. */
export interface TrimOrder {
  /** As the caller has it: it may lose its address, or get it only later. */
  readonly ref: TableRef;
  readonly upTo: bigint;
  readonly sync: boolean;
  /** Bytes to book. */
  readonly cost: number;
}

/** What a trim came to: the first and last sequence of its table. */
export interface TrimOutcome {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * A trim, from the wait for room to the answer. One object for all of it: there may be thousands under way, and what
 * each leaves behind is the work of the garbage collector, which the appends beside them wait for.
 */
export class Trim implements Step, PendingTrim, TrimUnderWay {
  readonly kind = 'trim';
  /** Of the caller until its turn comes, and then its own, with the address of that moment. */
  ref: TableRef;
  readonly upTo: bigint;
  readonly sync: boolean;
  readonly cost: number;
  readonly entries = 0;
  readonly bytes = 0;
  isDropped = false;
  readonly #context: TrimContext;
  readonly #resolve: (outcome: TrimOutcome) => void;
  readonly #reject: (error: unknown) => void;

  constructor(
    context: TrimContext,
    { ref, upTo, sync, cost }: TrimOrder,
    resolve: (outcome: TrimOutcome) => void,
    reject: (error: unknown) => void,
  ) {
    this.#context = context;
    this.ref = ref;
    this.upTo = upTo;
    this.sync = sync;
    this.cost = cost;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  go(): void {
    const { address } = this.ref;
    const trouble = this.#context.trouble();
    if (address === null || trouble !== null) {
      this.#context.release(this.cost);
      if (trouble === null) inTurn(this.#resolve, { first: 0n, last: 0n });
      else this.fail(trouble);
      return;
    }
    this.ref = this.ref.pinned();
    this.#context.reclaimer.begin(this);
    try {
      this.#context.intake.send(this);
    } catch (error) {
      this.#context.reclaimer.end(this, 0n);
      this.#context.release(this.cost);
      this.fail(error);
    }
  }

  /** Without having asked a thread: in a later turn of the event loop. */
  fail(error: unknown): void {
    inTurn(this.#reject, error);
  }

  resolve(first: bigint, last: bigint, removed: bigint): void {
    const { reclaimer, events } = this.#context;
    reclaimer.end(this, removed);
    const { address, name } = this.ref;
    if (events.isHeard && address !== null) {
      events.trimmed({ id: address.id, name, sync: this.sync }, first, last, removed);
    }
    this.#resolve({ first, last });
  }

  reject(error: unknown): void {
    this.#context.reclaimer.end(this, 0n);
    this.#reject(error);
  }
}

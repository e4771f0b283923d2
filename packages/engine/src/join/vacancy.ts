import { WalError } from '@shale/codec';
import { abortReason, hasAborted, onAbort } from '../abort.js';
import { tooLarge } from '../frames/cost.js';
import type { PendingAppend } from '../frames/pending-append.js';
import { notCopied } from '../intake/intake.js';
import { inTurn } from '../turn.js';

/** What a call counts for that is no append. Bytes. */
const PER_CALL = 256;

/** What is to be done once somebody has the log open. */
interface Held {
  readonly cost: number;
  /** When it has waited long enough, by `performance.now()`. */
  readonly until: number;
  /** Does it. Cannot fail. */
  readonly go: () => void;
  readonly fail: (error: unknown) => void;
  readonly forget: () => void;
}

/** Of whom calls wait, and for how much at most. */
export interface VacancyLimits {
  readonly path: string;
  /** How long each waits. Milliseconds. */
  readonly waitMs: number;
  /** What all of them together may count for. */
  readonly bytes: number;
}

/** The time in which nobody has the log open: calls wait here, in the order in which they came, and none for ever. */
export class Vacancy {
  readonly #limits: VacancyLimits;
  /** In the order in which they came, which is that in which their time is over. */
  readonly #held = new Set<Held>();
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #reason: WalError | null = null;

  constructor(limits: VacancyLimits) {
    this.#limits = limits;
  }

  /** Notes what keeps the log from being open here. */
  because(reason: WalError): void {
    this.#reason = reason;
  }

  /** Holds an append, which is copied; `go` makes it. */
  holdAppend(append: PendingAppend, signal: AbortSignal | undefined, go: () => void): void {
    const { cost } = append;
    const { bytes } = this.#limits;
    if (cost > bytes) {
      inTurn(append.reject, tooLarge(append, cost, bytes));
      return;
    }
    const refusal = this.#refusal(cost, signal);
    if (refusal !== null) {
      inTurn(append.reject, refusal.error);
      return;
    }
    try {
      append.copyPayloads();
    } catch (cause) {
      inTurn(append.reject, notCopied(append, cause));
      return;
    }
    this.#hold(cost, signal, go, append.reject);
  }

  /** Holds any other call: makes it when somebody has the log open. */
  holdCall<R>(signal: AbortSignal | undefined, call: () => Promise<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal(PER_CALL, signal);
      if (refusal === null) this.#hold(PER_CALL, signal, () => resolve(call()), reject);
      else inTurn(reject, refusal.error);
    });
  }

  /** Makes all that waits. Nothing may wait here any more. */
  end(): void {
    for (const held of this.#take()) held.go();
  }

  /** Rejects all that waits. */
  fail(error: unknown): void {
    for (const held of this.#take()) held.fail(error);
  }

  #hold(cost: number, signal: AbortSignal | undefined, go: () => void, fail: (error: unknown) => void): void {
    const forget = onAbort(signal, () => {
      this.#release(held);
      fail(abortReason(signal));
    });
    const held: Held = { cost, until: performance.now() + this.#limits.waitMs, go, fail, forget };
    this.#held.add(held);
    this.#bytes += cost;
    this.#watch();
  }

  #refusal(cost: number, signal: AbortSignal | undefined): { readonly error: unknown } | null {
    if (hasAborted(signal)) return { error: abortReason(signal) };
    const { path, bytes } = this.#limits;
    if (this.#bytes + cost <= bytes) return null;
    const message = `calls of ${this.#bytes} bytes wait for a process to open the log, and maxInFlightBytes is ${bytes}: wait for wal.ready() before appending more`;
    return { error: new WalError('SHALE_OVERLOADED', message, { path }) };
  }

  #release(held: Held): void {
    this.#held.delete(held);
    this.#bytes -= held.cost;
    held.forget();
    this.#watch();
  }

  #take(): Held[] {
    const all = [...this.#held];
    this.#held.clear();
    this.#bytes = 0;
    for (const { forget } of all) forget();
    this.#watch();
    return all;
  }

  /** Somebody waits exactly while there is a timer, which keeps the process running. */
  #watch(): void {
    const [first] = this.#held;
    if (first === undefined) {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      return;
    }
    this.#timer ??= setTimeout(
      () => {
        this.#timer = null;
        this.#expire();
        this.#watch();
      },
      Math.max(0, first.until - performance.now()),
    );
  }

  #expire(): void {
    const now = performance.now();
    for (const held of this.#held) {
      if (held.until > now) return;
      this.#release(held);
      held.fail(this.#tooLong());
    }
  }

  #tooLong(): WalError {
    const { path, waitMs } = this.#limits;
    const reason = this.#reason;
    const why = reason === null ? 'no process has opened the log again' : reason.message;
    const message = `${why} (waited ${waitMs} ms, nothing was done): try again, or raise waitForLock`;
    return new WalError(reason?.code ?? 'SHALE_LOCKED', message, {
      path,
      ...(reason === null ? {} : { cause: reason }),
    });
  }
}

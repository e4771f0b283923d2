import { join } from 'node:path';
import { WalError } from '@shale/codec';
import { abortReason, hasAborted } from './abort.js';
import { connectEngine, hear } from './connect-engine.js';
import type { Engine } from './engine.js';
import { remember } from './internals.js';
import { joinSocketName } from './join/socket-name.js';
import { afterWaiting, LOOK_EVERY_MS, pause } from './lock-wait.js';
import { openEngineIfFree } from './open-engine.js';
import type { ResolvedOptions } from './options.js';
import { Seat } from './seat.js';
import type { Opener } from './share/opener.js';
import { Wal } from './wal.js';

/** How long a process that listens may take to answer, whatever time is left; and at most. Milliseconds. */
const LEAST_PATIENCE_MS = 1000;
const PATIENCE_MS = 30_000;
/** Before the next attempt after one that has failed by something that waiting alone does not end. Milliseconds. */
const AGAIN_MS = 1000;
/** Said with SHALE_CLOSED while the Wal itself is open. */
const HINT =
  'whoever had the log open has closed it or ended, and nothing of this was done; wait for wal.ready(), and call again';

/** Whom a process has found: itself, or another one that lets it in. */
interface Found {
  readonly engine: Engine;
  /** The other one. */
  readonly opener: Opener | null;
}

/** Opens a WAL, or connects to whoever has it open, and takes over from that one. Rejects as `openWal` does. */
export async function joinWal(
  directory: string,
  options: ResolvedOptions,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<Wal> {
  return await new Member(directory, options, waitMs).open(signal);
}

/**
 * One of those that use a log by `join`: the owner, who has it open and stays that until it ends; or connected to the owner.
 * When that one ends, all look for the next one: connect where somebody listens, or open the log, which the lock of the
 * database lets one do.
 */
class Member {
  readonly #directory: string;
  readonly #options: ResolvedOptions;
  readonly #waitMs: number;
  readonly #stop = new AbortController();
  #seat: Seat | null = null;
  /** The search for the next owner; never rejects. */
  #search: Promise<void> = Promise.resolve();

  constructor(directory: string, options: ResolvedOptions, waitMs: number) {
    this.#directory = directory;
    this.#options = options;
    this.#waitMs = waitMs;
  }

  async open(signal: AbortSignal | undefined): Promise<Wal> {
    const start = performance.now();
    const left = (): number => this.#waitMs - (performance.now() - start);
    for (;;) {
      const found = await this.#find(left, signal, () => {});
      const seat = new Seat(found.engine);
      this.#seat = seat;
      if (!(await this.#begin(found))) continue;
      const wal = new Wal(seat, () => this.#close(seat));
      remember(wal, seat);
      return wal;
    }
  }

  /** Looks for somebody, for so long at most. Rejects with the signal's reason, and with what keeps it from that. */
  async #find(
    left: () => number,
    signal: AbortSignal | undefined,
    because: (reason: WalError) => void,
  ): Promise<Found> {
    for (;;) {
      const found = await this.#look(left(), signal);
      if (!(found instanceof WalError)) return found;
      because(found);
      const rest = left();
      if (rest <= 0) throw this.#waitMs > 0 ? afterWaiting(found, this.#waitMs) : found;
      // All who have lost their owner look in turn.
      const ms = Math.min(rest, LOOK_EVERY_MS * (0.5 + Math.random()));
      // What waits for an owner keeps the process running by itself.
      await pause(ms, signal, rest !== Number.POSITIVE_INFINITY);
    }
  }

  /** Looks once. Returns what waiting may end. */
  async #look(left: number, signal: AbortSignal | undefined): Promise<Found | WalError> {
    const { durability } = this.#options;
    let refusal: WalError;
    try {
      const patienceMs = Math.min(PATIENCE_MS, Math.max(LEAST_PATIENCE_MS, left));
      return await connectEngine(this.#socketIn(this.#directory), signal, { durability, patienceMs });
    } catch (error) {
      if (hasAborted(signal)) throw abortReason(signal);
      if (!(error instanceof WalError)) throw error;
      refusal = error;
    }
    try {
      return { engine: await this.#own(), opener: null };
    } catch (error) {
      if (!(error instanceof WalError && error.code === 'SHALE_LOCKED')) throw error;
      return reasonOf(error, refusal);
    }
  }

  /** Opens the log, and lets others in. */
  async #own(): Promise<Engine> {
    const engine = await openEngineIfFree(this.#directory, this.#options);
    try {
      await engine.listen(this.#socketIn(engine.path));
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  #socketIn(directory: string): string {
    return join(directory, joinSocketName(this.#options.instance));
  }

  /** Whether it is there still; from then on its end is noticed. */
  async #begin({ engine, opener }: Found): Promise<boolean> {
    if (opener === null) return true;
    engine.lifecycle.hint = HINT;
    let isGone = false;
    let isIn = false;
    hear(engine, opener, () => {
      isGone = true;
      if (isIn) this.#lost(engine);
    });
    isIn = !isGone;
    if (isGone) await engine.close();
    return isIn;
  }

  /** The owner closes the log, or has ended. */
  #lost(engine: Engine): void {
    const seat = this.#seat;
    // It may be told twice, and in the end.
    const isNews = seat !== null && !seat.isVacant && seat.engine === engine && !this.#stop.signal.aborted;
    // What it was given is completed, while that is possible. Whoever made it is told of failures.
    const closed = engine.close().catch(() => undefined);
    if (!isNews) return;
    const { maxInFlightBytes } = engine.options;
    const vacancy = seat.vacate({ path: engine.path, waitMs: this.#waitMs, bytes: maxInFlightBytes });
    this.#search = this.#takeOver(seat, closed, vacancy);
  }

  async #takeOver(seat: Seat, closed: Promise<void>, vacancy: ReturnType<Seat['vacate']>): Promise<void> {
    const { signal } = this.#stop;
    const forever = (): number => Number.POSITIVE_INFINITY;
    await closed;
    while (!signal.aborted) {
      try {
        const found = await this.#find(forever, signal, (reason) => vacancy.because(reason));
        if (signal.aborted) await found.engine.close();
        else if (await this.#begin(found)) {
          seat.fill(found.engine);
          return;
        }
      } catch (error) {
        if (signal.aborted) return;
        // The log cannot be opened: who waits is told, and the next one finds out whether that has changed.
        vacancy.fail(error);
        await pause(AGAIN_MS, signal, false);
      }
    }
  }

  async #close(seat: Seat): Promise<void> {
    this.#stop.abort();
    seat.leave();
    await this.#search;
    await seat.engine.close();
  }
}

/** What is told when somebody has the lock and lets nobody in. */
function reasonOf(locked: WalError, refusal: WalError): WalError {
  // There is somebody, and that is what they say.
  if (refusal.code === 'SHALE_UNSUPPORTED' || refusal.code === 'SHALE_OVERLOADED') return refusal;
  const { message, path } = locked;
  return new WalError('SHALE_LOCKED', `${message}; it cannot be joined: ${refusal.message}`, {
    path,
    cause: refusal,
  });
}

import type { Engine } from './engine.js';
import type { PendingAppend } from './frames/pending-append.js';
import { Vacancy, type VacancyLimits } from './join/vacancy.js';
import type { WalState } from './lifecycle.js';
import type { ChunkSource } from './read/entry-iterator.js';
import type { TableRef } from './table-ref.js';
import { refusedInTurn } from './turn.js';

/**
 * Whose place it is that a `Wal` and its tables drive: one engine for good; or, of a WAL that was joined, that of now, and
 * between two of them none, while calls wait.
 */
export class Seat {
  /** That of now, or the last one. */
  #engine: Engine;
  #vacancy: Vacancy | null = null;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get engine(): Engine {
    return this.#engine;
  }

  /** Whether there is no engine for the moment. */
  get isVacant(): boolean {
    return this.#vacancy !== null;
  }

  get state(): WalState {
    return this.#vacancy === null ? this.#engine.lifecycle.state : 'open';
  }

  /** Takes an append in, or rejects it: from here on it is settled by itself. */
  accept(append: PendingAppend, signal: AbortSignal | undefined): void {
    if (this.#vacancy === null) this.#engine.intake.accept(append, signal);
    else
      this.#vacancy.holdAppend(append, signal, () => {
        append.pin((ref) => refOn(this.#engine, ref));
        this.#engine.intake.accept(append, signal);
      });
  }

  /** Makes a call, at once or when there is an engine; it is refused in a later turn of the event loop. */
  run<R>(call: () => Promise<R>, signal?: AbortSignal): Promise<R> {
    if (this.#vacancy === null) return refusedInTurn(call);
    return this.#vacancy.holdCall(signal, () => refusedInTurn(call));
  }

  /** What makes chunks: at once, or when there is an engine. */
  source<E>(make: () => ChunkSource<E>, signal: AbortSignal | undefined): ChunkSource<E> {
    if (this.#vacancy === null) return make();
    const made = this.#vacancy.holdCall(signal, async () => make());
    // Who asks for a chunk is told.
    made.catch(() => undefined);
    return {
      next: async () => await (await made).next(),
      leave: () => {
        made.then(
          (source) => source.leave(),
          () => undefined,
        );
      },
    };
  }

  /** Nobody has the log open: calls wait from here on. */
  vacate(limits: VacancyLimits): Vacancy {
    this.#vacancy = new Vacancy(limits);
    return this.#vacancy;
  }

  /** Somebody has it again: what has waited goes on, in the order in which it came. */
  fill(engine: Engine): void {
    this.#engine = engine;
    const vacancy = this.#vacancy;
    this.#vacancy = null;
    vacancy?.end();
  }

  /** Nobody will have it any more: what waits is rejected as the last engine says. */
  leave(): void {
    const vacancy = this.#vacancy;
    this.#vacancy = null;
    vacancy?.fail(this.#engine.lifecycle.closedError());
  }
}

/** The same table, as another engine knows it. */
export function refOn(engine: Engine, ref: TableRef): TableRef {
  if (ref.name !== null) return engine.catalog.ref(ref.name);
  return ref.address === null ? ref : engine.refOf(ref.address.id);
}

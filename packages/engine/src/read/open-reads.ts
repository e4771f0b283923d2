import type { WalError } from '@shale/codec';

/** Something that must fail at once when the WAL is closed. */
export interface Abortable {
  abort(error: WalError): void;
}

/** Releases what a read holds elsewhere, when it is abandoned. It must not reference the read. */
export interface Belongings {
  end(): void;
}

/**
 * The reads that are under way. They are held weakly: one that cannot be continued any more is collected, and what it
 * had elsewhere is given up.
 */
export class OpenReads {
  readonly #reads = new Map<Belongings, WeakRef<Abortable>>();
  readonly #abandoned = new FinalizationRegistry<Belongings>((belongings) => {
    this.#reads.delete(belongings);
    belongings.end();
  });

  /** How many there are. */
  get size(): number {
    return this.#reads.size;
  }

  add(read: Abortable, belongings: Belongings): void {
    this.#reads.set(belongings, new WeakRef(read));
    this.#abandoned.register(read, belongings, belongings);
  }

  /** The read has ended and released what it held. */
  delete(belongings: Belongings): void {
    this.#reads.delete(belongings);
    this.#abandoned.unregister(belongings);
  }

  /** Makes all of them fail. */
  abort(error: WalError): void {
    for (const read of [...this.#reads.values()]) read.deref()?.abort(error);
    this.#reads.clear();
  }
}

import { WalError } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { nativeAsync } from './errors.js';
import { LatchedGenerator } from './read/latched-generator.js';

/** Whether a log can be used. `closing` while `close` runs. */
export type LogState = 'open' | 'closing' | 'closed';

/** Says what a log may still do, and ends it. It owns the log's lease of the database, and its claim. */
export class Lifetime {
  readonly #db: Database;
  readonly #claim: string | undefined;
  #state: LogState = 'open';
  #closing: Promise<void> | undefined;

  constructor(db: Database, claim: string | undefined) {
    this.#db = db;
    this.#claim = claim;
  }

  get state(): LogState {
    return this.#state;
  }

  /** Throws SHALE_CLOSED. */
  requireOpen(): void {
    if (this.#state === 'open') return;
    const { path } = this.#db;
    throw new WalError('SHALE_CLOSED', `the log of ${path} is closed: open it again`, { path });
  }

  /** Throws SHALE_CLOSED and SHALE_READ_ONLY. */
  requireWritable(): void {
    this.requireOpen();
    const { path, readOnly } = this.#db;
    if (!readOnly) return;
    throw new WalError(
      'SHALE_READ_ONLY',
      `the log of ${path} was opened read-only: open it without readOnly to change it`,
      { path },
    );
  }

  /**
   * A generator that fails once the log is closed. `release` is called when it is left early; what it has to let go of
   * at its own end is in `inner`.
   */
  generate<T>(inner: Generator<T, void, undefined>, release?: () => void): LatchedGenerator<T> {
    return new LatchedGenerator(this.#whileOpen(inner), release);
  }

  /** Gives the lease and the claim back. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = 'closing';
    try {
      if (this.#claim !== undefined) this.#db.releaseClaim(this.#claim);
      await nativeAsync({ path: this.#db.path }, () => this.#db.close());
    } finally {
      this.#state = 'closed';
    }
  }

  *#whileOpen<T>(inner: Generator<T, void, undefined>): Generator<T, void, undefined> {
    try {
      for (;;) {
        this.requireOpen();
        const { done, value } = inner.next();
        if (done === true) return;
        yield value as T;
      }
    } finally {
      inner.return(undefined);
    }
  }
}

import { WalError } from '@shale/codec';
import type { Engine } from '../engine.js';

/**
 * Whether a consumer may be used: it is open until it is closed, or has failed for good. Both may happen, in either order,
 * and neither is undone.
 */
export class Standing {
  readonly #engine: Engine;
  readonly #name: string;
  #isClosed = false;
  #failure: WalError | null = null;
  #end: () => void = () => {};
  /** Resolves when it is closed, or has failed for good. */
  readonly ended: Promise<void> = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(engine: Engine, name: string) {
    this.#engine = engine;
    this.#name = name;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether it is neither closed nor failed. */
  get isOpen(): boolean {
    return !this.#isClosed && this.#failure === null;
  }

  /** What has ended it for good; null for nothing. */
  get failure(): WalError | null {
    return this.#failure;
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  /** Ends it for good. The first failure stays. */
  fail(error: WalError): void {
    this.#failure ??= error;
    this.#end();
  }

  /** Throws what has ended it, the error of a WAL that is not open, or SHALE_CLOSED. */
  requireUsable(): void {
    if (this.#failure !== null) throw this.#failure;
    this.#engine.lifecycle.requireOpen();
    if (!this.#isClosed) return;
    const { path } = this.#engine;
    throw new WalError('SHALE_CLOSED', `the consumer ${JSON.stringify(this.#name)} is closed`, { path });
  }
}

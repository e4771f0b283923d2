import { WalError } from '@shale/codec';

/**
 * The states of a WAL, in the only order they can have:
 *
 * ```text
 * opening ──► open ──► closing ──► closed
 *    └──────────────────────────────► closed   (opening failed)
 * ```
 */
export type WalState = 'opening' | 'open' | 'closing' | 'closed';

const NEXT: Readonly<Record<WalState, readonly WalState[]>> = {
  opening: ['open', 'closed'],
  open: ['closing'],
  closing: ['closed'],
  closed: [],
};

/** Holds the state, refuses impossible steps, and rejects work that comes too late. */
export class Lifecycle {
  #state: WalState = 'opening';
  readonly #path: string;
  /** What to do when it is closed. */
  hint = 'open it again with openWal to go on';

  constructor(path: string) {
    this.#path = path;
  }

  get state(): WalState {
    return this.#state;
  }

  /** Goes to `next`. Throws SHALE_INTERNAL if that step does not exist. */
  to(next: WalState): void {
    if (!NEXT[this.#state].includes(next)) {
      throw new WalError('SHALE_INTERNAL', `a WAL cannot go from ${this.#state} to ${next}`, {
        path: this.#path,
      });
    }
    this.#state = next;
  }

  /** The error for new work, or null while the WAL is open. */
  refusal(): WalError | null {
    return this.#state === 'open' ? null : this.closedError();
  }

  /** Throws SHALE_CLOSED unless the WAL is open. */
  requireOpen(): void {
    if (this.#state !== 'open') throw this.closedError();
  }

  closedError(): WalError {
    return new WalError('SHALE_CLOSED', `the WAL is ${this.#state}: ${this.hint}`, {
      path: this.#path,
    });
  }
}

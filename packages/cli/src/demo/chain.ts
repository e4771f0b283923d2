import { createHash } from 'node:crypto';

const SEPARATOR = Buffer.from('\n');

/** A hash over the entries of a table in order: two chains agree only if all entries do. */
export class Chain {
  readonly #hash = createHash('sha256');

  /** The next entry; demo entries are JSON and hold no newline. */
  add(payload: Uint8Array): void {
    this.#hash.update(payload);
    this.#hash.update(SEPARATOR);
  }

  /** The hash so far; the chain goes on. */
  digest(): string {
    return this.#hash.copy().digest('base64');
  }
}

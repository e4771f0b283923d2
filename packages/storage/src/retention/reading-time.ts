/** What is read in between takes this part of the time at most. */
const PART = 100;
/** So many milliseconds nothing was read before count, so that a few tables can be read at once. */
const SAVED_MS = 1000;

/** Keeps what frames have to read, beside what they are for, to a small part of the time. */
export class ReadingTime {
  #restsUntil = 0;

  /** Reads something; null when there was too much to be read lately. */
  spend<T>(read: () => T): T | null {
    const before = performance.now();
    if (before < this.#restsUntil) return null;
    try {
      return read();
    } finally {
      const took = performance.now() - before;
      this.#restsUntil = Math.max(this.#restsUntil, before - SAVED_MS) + took * PART;
    }
  }
}

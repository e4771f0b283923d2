/** So many looks into memory are taken before the event loop turns: about half a millisecond of them. */
const AT_ONCE = 128;

/**
 * Looks into memory that the application's thread takes for those who would otherwise wait for another thread. After a great
 * many the event loop is to turn first, since what takes one after the other would keep it from ever turning.
 */
export class PeekBudget {
  #left = AT_ONCE;

  /** Whether the event loop has to turn first. */
  get isSpent(): boolean {
    return this.#left <= 0;
  }

  /** A look is taken. */
  spend(): void {
    if (this.#left-- !== AT_ONCE) return;
    setImmediate(() => {
      this.#left = AT_ONCE;
    });
  }
}

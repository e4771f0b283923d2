const SECOND_MS = 1000;
/** Where that stands whose moment had passed when it was set. */
const PASSED = -1;

/**
 * What waits for moments of the system's clock, by the second that they are in: to find what has come costs nothing for
 * the rest, however many wait. It is found up to a second late, and not before the clock has come so far.
 */
export class Wakes<T> {
  readonly #bySecond = new Map<number, Set<T>>();
  readonly #secondOf = new Map<T, number>();
  /** The first second that was not looked at yet. */
  #next = 0;

  /** Whether something waits. */
  has(item: T): boolean {
    return this.#secondOf.has(item);
  }

  /** Lets something wait for a moment, and for none before. @param ms since 1970; infinite for no moment */
  set(item: T, ms: number): void {
    const moment = Math.ceil(ms / SECOND_MS);
    const second = moment < this.#next ? PASSED : moment;
    const before = this.#secondOf.get(item);
    if (second === before) return;
    if (before !== undefined) this.#remove(item, before);
    if (!Number.isFinite(second)) return;
    this.#secondOf.set(item, second);
    const there = this.#bySecond.get(second);
    if (there === undefined) this.#bySecond.set(second, new Set([item]));
    else there.add(item);
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#bySecond.clear();
    this.#secondOf.clear();
  }

  /** What has waited until now, or longer: it waits no more. @param now milliseconds since 1970 */
  take(now: number): T[] {
    const second = Math.floor(now / SECOND_MS);
    const taken = this.#secondsUpTo(second).flatMap((passed) => [...(this.#bySecond.get(passed) ?? [])]);
    for (const item of taken) this.set(item, Number.POSITIVE_INFINITY);
    // A clock that was put back comes by these seconds once more.
    this.#next = second + 1;
    return taken;
  }

  /** The seconds in which something waits, up to one. */
  #secondsUpTo(second: number): number[] {
    const count = second + 1 - this.#next;
    // After a long time, or a jump of the clock, it is quicker to ask all that there are.
    if (count > this.#bySecond.size)
      return [...this.#bySecond.keys()].filter((each) => each <= second).sort((a, b) => a - b);
    return [PASSED, ...Array.from({ length: Math.max(count, 0) }, (_, i) => this.#next + i)];
  }

  #remove(item: T, second: number): void {
    this.#secondOf.delete(item);
    const there = this.#bySecond.get(second);
    there?.delete(item);
    if (there?.size === 0) this.#bySecond.delete(second);
  }
}

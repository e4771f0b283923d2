import type { Run } from './run.js';

/** How far a consumer is behind, as far as its tables were looked at. */
export interface SeenLag {
  readonly entries: bigint;
  readonly tables: number;
}

/** Tables that are looked at in one turn of the event loop: some tenths of a millisecond. */
const AT_ONCE = 1000;

/**
 * How far a consumer is behind, for those who ask often and must not wait: few tables are looked at at once; many in steps
 * between which the event loop turns, so that what is told is of a moment ago.
 */
export class LagWatch {
  #run: Run | null = null;
  #seen: SeenLag | null = null;
  #isLooking = false;

  /** Null until it is known. */
  of(run: Run): SeenLag | null {
    if (run.size <= AT_ONCE) return lagOf(run);
    if (this.#run !== run) {
      this.#run = run;
      this.#seen = null;
    }
    if (!this.#isLooking) this.#look(run);
    return this.#seen;
  }

  #look(run: Run): void {
    this.#isLooking = true;
    const cursors = run.cursors[Symbol.iterator]();
    let entries = 0n;
    let tables = 0;
    const step = (): void => {
      for (let i = 0; i < AT_ONCE; i++) {
        const { done, value } = cursors.next();
        if (done === true || run.isOver) {
          this.#isLooking = false;
          if (this.#run === run && !run.isOver) this.#seen = { entries, tables };
          return;
        }
        const lag = value.isHeld ? 0n : run.lagIn(value);
        entries += lag;
        if (lag > 0n) tables++;
      }
      // It keeps no process from ending.
      setImmediate(step).unref();
    };
    setImmediate(step).unref();
  }
}

/** The same, exactly and at once. */
export function lagOf(run: Run): SeenLag {
  let entries = 0n;
  let tables = 0;
  for (const cursor of run.cursors) {
    const lag = cursor.isHeld ? 0n : run.lagIn(cursor);
    entries += lag;
    if (lag > 0n) tables++;
  }
  return { entries, tables };
}

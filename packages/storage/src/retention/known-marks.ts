import type { TimeMark } from '@shale/codec';
import { MOST_MARKS, passedMarks } from './time-marks.js';

/** So many of the first marks are kept in memory: to read them takes an iterator over every table file. */
const HEAD = 4;

/** What is known of the time marks of a table: how many there are, the last one, and some of the first. */
export class KnownMarks {
  #head: readonly TimeMark[];
  #last: TimeMark | null;
  #count: number;

  /** @param marks all that there are, by time */
  constructor(marks: readonly TimeMark[]) {
    this.#head = marks.slice(0, HEAD);
    this.#last = marks.at(-1) ?? null;
    this.#count = marks.length;
  }

  get last(): TimeMark | null {
    return this.#last;
  }

  /** All of them; null when not all are known. */
  get all(): readonly TimeMark[] | null {
    return this.#head.length === this.#count ? this.#head : null;
  }

  /** Those up to the first one after a moment, and maybe more; null when these are not known. */
  upToAfter(ms: bigint): readonly TimeMark[] | null {
    const known = this.#head.at(-1);
    return known !== undefined && known.ms > ms ? this.#head : this.all;
  }

  /** Whether a mark comes behind all that there are, and there is room for it: so that none of them has to go. */
  takes({ ms, sequence }: TimeMark): boolean {
    const last = this.#last;
    return last === null || (ms > last.ms && sequence >= last.sequence && this.#count < MOST_MARKS);
  }

  /** There is one more, that it {@link takes}. */
  add(mark: TimeMark): void {
    if (this.#head.length === this.#count && this.#count < HEAD) this.#head = [...this.#head, mark];
    this.#last = mark;
    this.#count++;
  }

  /** The marks that a trim makes needless; null when these are not known. @param first the first entry that is left */
  passed(first: bigint): readonly TimeMark[] | null {
    const known = this.#head.at(-1);
    return known !== undefined && known.sequence > first
      ? passedMarks(this.#head, first)
      : this.all && passedMarks(this.all, first);
  }

  /** The first ones are gone. */
  drop(count: number): void {
    this.#head = this.#head.slice(count);
    this.#count -= count;
  }
}

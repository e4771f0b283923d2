import { type Profiler, Session } from 'node:inspector';

/** Shale's own packages, and those that decode for them. */
const WATCHED = /\/packages\/|\/node_modules\/(?:msgpackr|csv-parse)\//;

/**
 * What has been run of the files of Shale's packages, by V8's own counting. V8 tells for each function the ranges whose
 * count differs from what is around them; a place is an offset at which some range has once begun or ended, and what
 * counts is whether it was reached.
 */
export class Coverage {
  readonly #session = new Session();
  /** Offsets by function. */
  readonly #places = new Map<string, Set<number>>();
  readonly #reached = new Set<string>();

  /** Starts to count. */
  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Places that were reached so far. */
  get size(): number {
    return this.#reached.size;
  }

  /** Takes what was counted since the last time, and gives the places in it that had not been reached before. */
  take(): string[] {
    const fresh: string[] = [];
    for (const { url, functions } of this.#counted()) {
      if (!WATCHED.test(url)) continue;
      for (const { ranges } of functions) {
        const whole = ranges[0];
        if (whole === undefined || whole.count === 0) continue;
        const name = `${url}:${whole.startOffset}`;
        for (const offset of this.#placesOf(name, ranges)) {
          const place = `${name}:${offset}`;
          if (countAt(ranges, offset) > 0 && !this.#reached.has(place)) fresh.push(place);
        }
      }
    }
    return fresh;
  }

  /** Notes that places were reached. */
  add(places: readonly string[]): void {
    for (const place of places) this.#reached.add(place);
  }

  /** Stops counting. */
  end(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  #placesOf(name: string, ranges: readonly Profiler.CoverageRange[]): ReadonlySet<number> {
    const places = this.#places.get(name) ?? new Set<number>();
    this.#places.set(name, places);
    for (const { startOffset, endOffset } of ranges) places.add(startOffset).add(endOffset);
    return places;
  }

  #counted(): readonly Profiler.ScriptCoverage[] {
    let result: readonly Profiler.ScriptCoverage[] = [];
    // The answer comes before post() returns: this thread is the one that is asked.
    this.#session.post('Profiler.takePreciseCoverage', (error, coverage) => {
      if (error !== null) throw error;
      result = coverage.result;
    });
    return result;
  }
}

/** Ranges are nested, outer ones first: the last one that holds the offset says. */
function countAt(ranges: readonly Profiler.CoverageRange[], offset: number): number {
  let count = 0;
  for (const range of ranges)
    if (range.startOffset <= offset && offset < range.endOffset) count = range.count;
  return count;
}

import type { KeyRange } from '@shale/codec';

/** What a plan needs to know of a table file. */
export interface PlannedFile {
  readonly level: number;
  readonly size: number;
  readonly smallest: Uint8Array;
  /** Included. */
  readonly largest: Uint8Array;
}

/** The part of a range that lies in one unit. */
export interface Piece extends KeyRange {
  readonly unit: number;
}

/**
 * What is compacted in one go: a file that no file below it overlaps, with what lies above it. Files of level 0 that
 * overlap one another and nothing below are one.
 */
interface Unit {
  smallest: Uint8Array;
  /** Included. */
  largest: Uint8Array;
  /** Bytes that compacting it reads: its own, and its share of each file above it, without those of level 0. */
  cost: number;
}

/** One compaction that is worth what it reads. */
export interface PlannedCompaction {
  readonly lower: Uint8Array;
  /** Included. */
  readonly upper: Uint8Array;
  /** Bytes that it reads, about. */
  readonly cost: number;
  /** Bytes of trimmed entries in there, about. */
  readonly gain: number;
}

/**
 * Which parts of a database to compact for the sake of what was trimmed in it: those of which trimmed entries are a
 * given share, at least, of what the compaction reads. A file is rewritten as a whole, and a compaction of a part of
 * the keys takes all of level 0 along, and what lies below that.
 */
export class ReclaimPlan {
  readonly #units: readonly Unit[];
  readonly #level0: readonly PlannedFile[];
  /** Files of the highest level below level 0 that has any: a compaction of level 0 rewrites those that it overlaps. */
  readonly #below: readonly PlannedFile[];

  constructor(files: readonly PlannedFile[]) {
    const level0 = files.filter(({ level }) => level === 0);
    const levels = [...new Set(files.map(({ level }) => level))].filter((level) => level > 0);
    const upwards = levels.sort((a, b) => b - a);
    let units: Unit[] = [];
    for (const level of upwards) {
      const alone: Unit[] = [];
      for (const file of files) {
        if (file.level !== level) continue;
        const beneath = overlapping(units, file);
        for (const unit of beneath) unit.cost += file.size / beneath.length;
        if (beneath.length === 0) alone.push(unitOf(file));
      }
      units = sorted([...units, ...alone]);
    }
    const alone = level0.filter((file) => overlapping(units, file).length === 0);
    this.#units = sorted([...units, ...joined(alone)]);
    this.#level0 = level0.filter((file) => !alone.includes(file));
    this.#below = files.filter(({ level }) => level === upwards.at(-1));
  }

  /** The parts of a range that lie in units. */
  piecesOf({ lower, upper }: KeyRange): Piece[] {
    const pieces: Piece[] = [];
    // Up to its end, which is not part of it, and pieces without anything in them do no harm.
    const first = firstNotBefore(this.#units, lower);
    for (const [at, { smallest, largest }] of overlapping(this.#units, {
      smallest: lower,
      largest: upper,
    }).entries()) {
      pieces.push({
        unit: first + at,
        lower: Buffer.compare(lower, smallest) > 0 ? lower : smallest,
        upper: Buffer.compare(upper, largest) > 0 ? behind(largest) : upper,
      });
    }
    return pieces;
  }

  /**
   * What is worth it, in key order.
   *
   * @param gains bytes of trimmed entries of each unit
   * @param minRatio how many bytes of trimmed entries there must be for each that is read
   */
  worthwhile(gains: ArrayLike<number>, minRatio: number): PlannedCompaction[] {
    const chosen: (PlannedCompaction & { readonly unit: Unit })[] = [];
    for (const [index, unit] of this.#units.entries()) {
      const gain = gains[index] ?? 0;
      if (gain === 0 || gain < unit.cost * minRatio) continue;
      chosen.push({ lower: unit.smallest, upper: unit.largest, cost: unit.cost, gain, unit });
    }
    const gain = chosen.reduce((sum, one) => sum + one.gain, 0);
    const cost = chosen.reduce((sum, one) => sum + one.cost, 0);
    const along = this.#costOfLevel0(chosen.map(({ unit }) => unit));
    if (gain < (cost + along) * minRatio) return [];
    return chosen.map(({ unit: _, ...compaction }, index) =>
      // The first one takes level 0 along.
      index === 0 ? { ...compaction, cost: compaction.cost + along } : compaction,
    );
  }

  /** How many units there are. */
  get count(): number {
    return this.#units.length;
  }

  /** What compacting some units reads beside them, because level 0 goes with them. */
  #costOfLevel0(chosen: readonly Unit[]): number {
    if (!this.#level0.some((file) => overlapping(chosen, file).length > 0)) return 0;
    const spans = joined(this.#level0);
    const below = this.#below.filter(
      (file) => overlapping(spans, file).length > 0 && overlapping(chosen, file).length === 0,
    );
    return [...this.#level0, ...below].reduce((sum, file) => sum + file.size, 0);
  }
}

type Span = Pick<Unit, 'smallest' | 'largest'>;

/** In key order. */
function sorted<S extends Span>(spans: readonly S[]): S[] {
  return [...spans].sort((a, b) => Buffer.compare(a.smallest, b.smallest));
}

/** Those of a list in order, without overlaps, that a span overlaps. */
function overlapping<S extends Span>(spans: readonly S[], { smallest, largest }: Span): S[] {
  const found: S[] = [];
  for (let at = firstNotBefore(spans, smallest); at < spans.length; at++) {
    const span = spans[at];
    if (span === undefined || Buffer.compare(span.smallest, largest) > 0) break;
    found.push(span);
  }
  return found;
}

/** The index of the first span that does not end before a key. */
function firstNotBefore(spans: readonly Span[], key: Uint8Array): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const span = spans[middle];
    if (span !== undefined && Buffer.compare(span.largest, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function unitOf({ smallest, largest, size }: PlannedFile): Unit {
  return { smallest, largest, cost: size };
}

/** Files that overlap one another as one. */
function joined(files: readonly PlannedFile[]): Unit[] {
  const units: Unit[] = [];
  for (const file of sorted(files)) {
    const last = units.at(-1);
    if (last === undefined || Buffer.compare(last.largest, file.smallest) < 0) {
      units.push(unitOf(file));
      continue;
    }
    last.cost += file.size;
    if (Buffer.compare(last.largest, file.largest) < 0) last.largest = file.largest;
  }
  return units;
}

/** The first key after another. */
function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

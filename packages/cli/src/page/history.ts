import type { Messages } from '../web/message.js';

export type SentView = Messages['view'];
export type SentTable = SentView['tables']['tables'][number];

/** Looks that are kept: five minutes of one each second. */
const MOST_LOOKS = 300;
/** Charts are as wide as this until there is more. */
const FIRST_LOOKS = 60;
/** What no look has seen is a hole when it is longer than so many intervals. */
const HOLE = 2;

/** A view, and when it came. */
export interface Look {
  /** Milliseconds. */
  readonly at: number;
  readonly view: SentView;
  /** Bytes of the largest tables. */
  readonly tableBytes: ReadonlyMap<string, number>;
}

/** A place in a chart: where in its time, 0 to 1, and the value. */
export interface Point {
  readonly x: number;
  readonly value: number;
}

/** What a table is told from others by. */
export function keyOf({ region, table }: SentTable): string {
  return `${region}/${table}`;
}

/** The looks of the last few minutes, which nobody but the page keeps. */
export class History {
  readonly #intervalMs: number;
  readonly #looks: Look[] = [];

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get latest(): Look | undefined {
    return this.#looks.at(-1);
  }

  /** Milliseconds from the left of the charts to their right. */
  get spanMs(): number {
    return (this.#looks.length > FIRST_LOOKS ? MOST_LOOKS : FIRST_LOOKS) * this.#intervalMs;
  }

  add(view: SentView, at: number): void {
    const tableBytes = new Map(view.tables.tables.map((table) => [keyOf(table), table.bytes]));
    this.#looks.push({ at, view, tableBytes });
    if (this.#looks.length > MOST_LOOKS) this.#looks.shift();
  }

  /** What a chart shows: runs of points without a hole between them. Looks that know no value are none. */
  points(amountOf: (look: Look) => number | undefined): Point[][] {
    const { latest } = this;
    if (latest === undefined) return [];
    const { spanMs } = this;
    const runs: Point[][] = [];
    let before = Number.NEGATIVE_INFINITY;
    for (const look of this.#looks) {
      const value = amountOf(look);
      const x = 1 - (latest.at - look.at) / spanMs;
      if (value === undefined || x < 0) continue;
      if (look.at - look.view.seconds * 1000 - before > HOLE * this.#intervalMs) runs.push([]);
      runs.at(-1)?.push({ x, value });
      before = look.at;
    }
    return runs;
  }
}

import { type TimeMark, tableKey } from '@shale/codec';
import type { StoredPosition } from '../consumers/consumers.js';
import type { TableHome } from '../tables/table-state.js';
import { hasMarks } from './records.js';
import { readMarks, timeOf } from './time-marks.js';

/** How old is what is behind positions, as far as time marks tell. Positions of one table stand together. */
export class Times {
  readonly #home: TableHome;
  readonly #areThere: boolean;
  #table = '';
  #marks: readonly TimeMark[] = [];

  constructor(home: TableHome) {
    this.#home = home;
    this.#areThere = hasMarks(home);
  }

  /** About when the first entry behind a position was appended; null when that is not known, or there is none. */
  behind({ region, table, position, first, last }: StoredPosition): bigint | null {
    const next = position + 1n > first ? position + 1n : first;
    if (!this.#areThere || next > last) return null;
    const key = tableKey({ region, table });
    if (key !== this.#table) {
      this.#marks = readMarks(this.#home, { region, table });
      this.#table = key;
    }
    return timeOf(this.#marks, next);
  }
}

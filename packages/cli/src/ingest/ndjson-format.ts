import { isUtf8 } from 'node:buffer';
import type { Block } from './blocks.js';
import { byteOrderMarkLength } from './byte-order-mark.js';
import { contentEnd, type Format } from './format.js';
import { outcomeOfJson, type Route } from './json-value.js';
import { EMPTY, type Outcome } from './record.js';
import { LineScanner, type RecordScanner } from './scanner.js';

/**
 * NDJSON: every line is a JSON value; with `tableBy` an object whose field names the table. The entry is the line's
 * bytes.
 */
export class NdjsonFormat implements Format {
  readonly scanner: RecordScanner;
  readonly columns: undefined = undefined;
  readonly #route: Route;
  readonly #lossless: boolean;

  constructor(options: { route: Route; lossless: boolean; newline: number }) {
    this.scanner = new LineScanner(options.newline);
    this.#route = options.route;
    this.#lossless = options.lossless;
  }

  parse(block: Block, visit: (outcome: Outcome, index: number, start: number, end: number) => void): void {
    const { bytes, ends } = block;
    // One vectorised check for the block; single lines are looked at only when it fails.
    const allUtf8 = isUtf8(bytes);
    let start = 0;
    for (let i = 0; i < ends.length; i += 1) {
      const next = ends[i] ?? start;
      const from = start + byteOrderMarkLength(bytes, start);
      const end = contentEnd(bytes, from, next, this.#lossless, this.scanner.newline);
      visit(this.#record(bytes, from, end, allUtf8), i, from, end);
      start = next;
    }
  }

  #record(bytes: Buffer, start: number, end: number, allUtf8: boolean): Outcome {
    if (end === start || (end === start + 1 && bytes[start] === 13)) return EMPTY;
    return outcomeOfJson(bytes, start, end, {
      route: this.#route,
      isUtf8: allUtf8,
      payload: () => bytes.subarray(start, end),
    });
  }
}

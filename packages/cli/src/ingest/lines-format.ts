import type { Block } from './blocks.js';
import { contentEnd, type Format } from './format.js';
import { EMPTY, type Outcome } from './record.js';
import { LineScanner, type RecordScanner } from './scanner.js';

/** Plain lines: every line, whatever its bytes, is an entry of one table. */
export class LinesFormat implements Format {
  readonly scanner: RecordScanner;
  readonly columns: undefined = undefined;
  readonly #table: string;
  readonly #lossless: boolean;

  constructor(options: { table: string; lossless: boolean; newline: number }) {
    this.scanner = new LineScanner(options.newline);
    this.#table = options.table;
    this.#lossless = options.lossless;
  }

  parse(block: Block, visit: (outcome: Outcome, index: number, start: number, end: number) => void): void {
    const { bytes, ends } = block;
    let start = 0;
    for (let i = 0; i < ends.length; i += 1) {
      const next = ends[i] ?? start;
      const end = contentEnd(bytes, start, next, this.#lossless, this.scanner.newline);
      const skip = end === start && !this.#lossless;
      visit(
        skip ? EMPTY : { kind: 'entry', table: this.#table, payload: bytes.subarray(start, end) },
        i,
        start,
        end,
      );
      start = next;
    }
  }
}

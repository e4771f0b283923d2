import { isUtf8 } from 'node:buffer';
import type { Block } from './blocks.js';
import type { Format } from './format.js';
import { compact, type JsonLayout, JsonScanner, type JsonSpan } from './json-scanner.js';
import { outcomeOfJson, type Route } from './json-value.js';
import { HEADER, type Outcome, reject } from './record.js';

/**
 * JSON that is not a value for each line: an array, whose elements are the entries, or values one after another. An entry
 * is its text without the space between its parts, so that it is one line.
 */
export class JsonFormat implements Format {
  readonly scanner: JsonScanner;
  readonly columns: undefined = undefined;
  readonly #layout: JsonLayout;
  readonly #route: Route;
  /** Of an array: whether anything of it was read, and its end. */
  #state: 'before' | 'within' | 'ended' = 'before';

  constructor(options: { route: Route; layout: JsonLayout }) {
    this.scanner = new JsonScanner(options.layout);
    this.#layout = options.layout;
    this.#route = options.route;
  }

  parse(block: Block, visit: (outcome: Outcome, index: number, start: number, end: number) => void): void {
    const { bytes, ends } = block;
    const allUtf8 = isUtf8(bytes);
    let start = 0;
    for (let i = 0; i < ends.length; i += 1) {
      const end = ends[i] ?? start;
      const isFirst = i === 0 && block.start.offset === 0;
      const span = this.scanner.span(bytes.subarray(0, end), start, true);
      visit(this.#record(bytes, span, isFirst, allUtf8), i, start, end);
      start = end;
    }
  }

  #record(bytes: Buffer, span: JsonSpan | null, isFirst: boolean, allUtf8: boolean): Outcome {
    if (span === null) return HEADER;
    const { mark, valueStart: start, end } = span;
    const hasValue = end > start;
    if (this.#layout === 'array' && (mark !== null || hasValue)) {
      const problem = this.#misplaced(mark, hasValue, isFirst);
      if (problem !== null) return reject('not-json', `not JSON: ${problem}`);
    }
    if (!hasValue) return HEADER;
    return outcomeOfJson(bytes, start, end, {
      route: this.#route,
      isUtf8: allUtf8,
      payload: () => compact(bytes.subarray(start, end)),
    });
  }

  /** What is wrong with what stands before a value of the array; null for nothing. */
  #misplaced(mark: JsonSpan['mark'], hasValue: boolean, isFirst: boolean): string | null {
    if (this.#state === 'ended') return 'the array has ended before it';
    this.#state = mark === ']' ? 'ended' : 'within';
    if (isFirst !== (mark === '[')) return isFirst ? 'no array begins with it' : 'an array begins with it';
    if (mark === null) return 'no comma before it';
    return mark === ',' && !hasValue ? 'a comma with no value behind it' : null;
  }

  notesAtEnd(): readonly string[] {
    return this.#state === 'within' ? ['the array has no end: the input may have been cut off'] : [];
  }
}

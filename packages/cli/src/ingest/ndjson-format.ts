import { isUtf8 } from 'node:buffer';
import type { Block } from './blocks.js';
import { byteOrderMarkLength, contentEnd, type Format } from './format.js';
import { EMPTY, type Outcome, reject } from './record.js';
import { LineScanner, type RecordScanner } from './scanner.js';
import { tableFromValue } from './table-name.js';

/**
 * NDJSON: every line is a JSON value; with `tableBy` an object whose field names the table. The entry is the line's
 * bytes.
 */
export class NdjsonFormat implements Format {
  readonly scanner: RecordScanner;
  readonly columns: undefined = undefined;
  readonly #route: { readonly by: string } | { readonly to: string };
  readonly #lossless: boolean;

  constructor(options: { route: { by: string } | { to: string }; lossless: boolean; newline: number }) {
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
    if (!allUtf8 && !isUtf8(bytes.subarray(start, end))) return reject('not-utf8', 'not valid UTF-8');
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8', start, end));
    } catch (error) {
      return reject('not-json', `not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    const route = this.#route;
    if ('to' in route) return { kind: 'entry', table: route.to, payload: bytes.subarray(start, end) };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return reject('not-an-object', `not a JSON object, so it has no field "${route.by}"`);
    }
    const field = Object.getOwnPropertyDescriptor(value, route.by);
    if (field === undefined) return reject('field-missing', `no field "${route.by}"`);
    const table = tableFromValue(field.value, `"${route.by}"`);
    if ('problem' in table) return table.problem;
    return { kind: 'entry', table: table.name, payload: bytes.subarray(start, end) };
  }
}

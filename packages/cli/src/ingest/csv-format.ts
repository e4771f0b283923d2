import { isUtf8 } from 'node:buffer';
import { CsvError, type Options, parse } from 'csv-parse/sync';
import { CliError } from '../cli-error.js';
import type { Block } from './blocks.js';
import { byteOrderMarkLength } from './byte-order-mark.js';
import { columnNames } from './column-names.js';
import { contentEnd, type Format } from './format.js';
import { CR } from './line-end.js';
import { EMPTY, HEADER, type Outcome, reject } from './record.js';
import { CsvScanner, type RecordScanner } from './scanner.js';
import { tableFromValue } from './table-name.js';

/**
 * CSV with a header row (RFC 4180). The entry is a JSON object of the row, all values strings, or the record's own
 * text.
 */
export class CsvFormat implements Format {
  readonly scanner: RecordScanner;
  /** The header as it stands, and what its columns are called. */
  #header: readonly string[] | undefined;
  #names: readonly string[] = [];
  #notes: string[] = [];
  #routeIndex = -1;
  readonly #route: { readonly by: string } | { readonly to: string };
  readonly #raw: boolean;
  readonly #lossless: boolean;
  readonly #parseOptions: Options;

  constructor(options: {
    route: { by: string } | { to: string };
    raw: boolean;
    delimiter: string;
    lossless: boolean;
    newline: number;
    /** Known when an ingest goes on after its header. */
    columns?: readonly string[];
  }) {
    this.scanner = new CsvScanner(options.delimiter, options.newline);
    this.#route = options.route;
    this.#raw = options.raw;
    this.#lossless = options.lossless;
    this.#parseOptions = {
      delimiter: options.delimiter,
      record_delimiter: options.newline === CR ? ['\r'] : ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 0,
    };
    if (options.columns) this.#setHeader(options.columns);
    // What was said of the header when it was read is not said again.
    this.#notes = [];
  }

  get columns(): readonly string[] | undefined {
    return this.#header;
  }

  takeNotes(): readonly string[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  parse(block: Block, visit: (outcome: Outcome, index: number, start: number, end: number) => void): void {
    const { bytes, ends } = block;
    let isWhole = true;
    const spans = ends.map((end, i): Span => {
      const from = i === 0 ? 0 : (ends[i - 1] ?? 0);
      const mark = byteOrderMarkLength(bytes, from);
      // One at the beginning of a block is before what is parsed.
      if (mark > 0 && i > 0) isWhole = false;
      return { start: from + mark, end: contentEnd(bytes, from + mark, end, false, this.scanner.newline) };
    });
    const rows = this.#rows(bytes, spans, isWhole);
    for (let i = 0; i < spans.length; i += 1) {
      const { start, end } = spans[i] ?? { start: 0, end: 0 };
      visit(this.#record(bytes, start, end, ends[i] ?? end, rows[i] ?? null), i, start, end);
    }
  }

  /**
   * The fields of each record, `null` for an empty line, an error where a record does not parse. `isWhole`: nothing stands
   * between the records.
   */
  #rows(
    bytes: Buffer,
    spans: readonly Span[],
    isWhole: boolean,
  ): readonly (readonly string[] | null | Error)[] {
    if (isWhole && isUtf8(bytes)) {
      try {
        const parsed = parse(bytes.subarray(spans[0]?.start ?? 0), this.#parseOptions);
        let next = 0;
        const rows = spans.map((span) => (span.end === span.start ? null : (parsed[next++] ?? null)));
        if (next === parsed.length) return rows;
      } catch (error) {
        if (!(error instanceof CsvError)) throw error;
      }
    }
    // Something in the block is wrong: record by record, to find what.
    return spans.map(({ start, end }) => {
      if (end === start) return null;
      const record = bytes.subarray(start, end);
      if (!isUtf8(record)) return new NotUtf8Error();
      try {
        const [row, ...more] = parse(record, this.#parseOptions);
        return row && more.length === 0 ? row : new Error('the record does not end with its line');
      } catch (error) {
        if (error instanceof CsvError) return error;
        throw error;
      }
    });
  }

  #record(
    bytes: Buffer,
    start: number,
    end: number,
    next: number,
    row: readonly string[] | null | Error,
  ): Outcome {
    if (row === null) return EMPTY;
    const header = this.#header;
    if (!header) {
      if (SEP_LINE.test(bytes.toString('latin1', start, end))) return HEADER;
      if (row instanceof Error)
        throw new CliError('CLI_INPUT', `the CSV header cannot be read: ${row.message}`);
      this.#setHeader(row);
      return HEADER;
    }
    if (row instanceof NotUtf8Error) return reject('not-utf8', 'not valid UTF-8');
    if (row instanceof Error) return reject('csv-syntax', `not CSV: ${row.message}`);
    if (row.length !== header.length) {
      return reject('csv-columns', `${row.length} fields where the header has ${header.length}`);
    }
    if (row.every((value, i) => value === header[i])) return reject('repeated-header', 'the header again');
    let name: string;
    if ('to' in this.#route) {
      name = this.#route.to;
    } else {
      const table = tableFromValue(row[this.#routeIndex], `"${this.#route.by}"`);
      if ('problem' in table) return table.problem;
      name = table.name;
    }
    return { kind: 'entry', table: name, payload: this.#payload(bytes, start, end, next, row) };
  }

  #payload(bytes: Buffer, start: number, end: number, next: number, row: readonly string[]): Uint8Array {
    const { newline } = this.scanner;
    if (this.#raw)
      return bytes.subarray(start, this.#lossless ? contentEnd(bytes, start, next, true, newline) : end);
    const columns = this.#names;
    const object: Record<string, string> = Object.create(null);
    for (let i = 0; i < columns.length; i += 1) object[columns[i] ?? ''] = row[i] ?? '';
    return Buffer.from(JSON.stringify(object));
  }

  #setHeader(header: readonly string[]): void {
    const names = columnNames(header);
    if ('by' in this.#route) {
      this.#routeIndex = names.indexOf(this.#route.by);
      if (this.#routeIndex === -1) {
        throw new CliError('CLI_USAGE', `the CSV has no column "${this.#route.by}"`, {
          hint: `Its columns are: ${names.join(', ')}.`,
        });
      }
    }
    for (const [i, name] of names.entries()) {
      const given = header[i] ?? '';
      if (name === given) continue;
      const why = given === '' ? 'has no name' : `is "${given}" once more`;
      this.#notes.push(`column ${i + 1} of the header ${why}, and is called "${name}"`);
    }
    this.#header = header;
    this.#names = names;
  }
}

/** The line by which a CSV says what is between its fields: it is for the program that reads it. */
export const SEP_LINE: RegExp = /^"?sep=(.)"?$/i;

interface Span {
  readonly start: number;
  readonly end: number;
}

class NotUtf8Error extends Error {}

import { isUtf8 } from 'node:buffer';
import { CsvError, type Options, parse } from 'csv-parse/sync';
import { CliError } from '../cli-error.js';
import type { Block } from './blocks.js';
import { byteOrderMarkLength, contentEnd, type Format } from './format.js';
import { EMPTY, HEADER, type Outcome, reject } from './record.js';
import { CsvScanner, type RecordScanner } from './scanner.js';
import { tableFromValue } from './table-name.js';

/**
 * CSV with a header row (RFC 4180). The entry is a JSON object of the row, all values strings, or the record's own
 * text.
 */
export class CsvFormat implements Format {
  readonly scanner: RecordScanner;
  #columns: readonly string[] | undefined;
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
    /** Known when an ingest goes on after its header. */
    columns?: readonly string[];
  }) {
    this.scanner = new CsvScanner(options.delimiter);
    this.#route = options.route;
    this.#raw = options.raw;
    this.#lossless = options.lossless;
    this.#parseOptions = {
      delimiter: options.delimiter,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 0,
    };
    if (options.columns) this.#setColumns(options.columns);
  }

  get columns(): readonly string[] | undefined {
    return this.#columns;
  }

  parse(block: Block, visit: (outcome: Outcome, index: number, start: number, end: number) => void): void {
    const { bytes, ends } = block;
    const mark = byteOrderMarkLength(block);
    const spans = ends.map((end, i): Span => {
      const start = i === 0 ? mark : (ends[i - 1] ?? 0);
      return { start, end: contentEnd(bytes, start, end, false) };
    });
    const rows = this.#rows(bytes, mark, spans);
    for (let i = 0; i < spans.length; i += 1) {
      const { start, end } = spans[i] ?? { start: 0, end: 0 };
      visit(this.#record(bytes, start, end, ends[i] ?? end, rows[i] ?? null), i, start, end);
    }
  }

  /** The fields of each record, `null` for an empty line, an error where a record does not parse. */
  #rows(bytes: Buffer, mark: number, spans: readonly Span[]): readonly (readonly string[] | null | Error)[] {
    if (isUtf8(bytes)) {
      try {
        const parsed = parse(bytes.subarray(mark), this.#parseOptions);
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
    const columns = this.#columns;
    if (!columns) {
      if (row instanceof Error)
        throw new CliError('CLI_INPUT', `the CSV header cannot be read: ${row.message}`);
      this.#setColumns(row);
      return HEADER;
    }
    if (row instanceof NotUtf8Error) return reject('not-utf8', 'not valid UTF-8');
    if (row instanceof Error) return reject('csv-syntax', `not CSV: ${row.message}`);
    if (row.length !== columns.length) {
      return reject('csv-columns', `${row.length} fields where the header has ${columns.length}`);
    }
    let name: string;
    if ('to' in this.#route) {
      name = this.#route.to;
    } else {
      const table = tableFromValue(row[this.#routeIndex], `"${this.#route.by}"`);
      if ('problem' in table) return table.problem;
      name = table.name;
    }
    return { kind: 'entry', table: name, payload: this.#payload(bytes, start, end, next, columns, row) };
  }

  #payload(
    bytes: Buffer,
    start: number,
    end: number,
    next: number,
    columns: readonly string[],
    row: readonly string[],
  ): Uint8Array {
    if (this.#raw) return bytes.subarray(start, this.#lossless ? contentEnd(bytes, start, next, true) : end);
    const object: Record<string, string> = Object.create(null);
    for (let i = 0; i < columns.length; i += 1) object[columns[i] ?? ''] = row[i] ?? '';
    return Buffer.from(JSON.stringify(object));
  }

  #setColumns(columns: readonly string[]): void {
    const seen = new Set<string>();
    for (const [i, column] of columns.entries()) {
      if (column === '') throw new CliError('CLI_INPUT', `column ${i + 1} of the CSV header has no name`);
      if (seen.has(column))
        throw new CliError('CLI_INPUT', `the CSV header names the column "${column}" twice`);
      seen.add(column);
    }
    if ('by' in this.#route) {
      this.#routeIndex = columns.indexOf(this.#route.by);
      if (this.#routeIndex === -1) {
        throw new CliError('CLI_USAGE', `the CSV has no column "${this.#route.by}"`, {
          hint: `Its columns are: ${columns.join(', ')}.`,
        });
      }
    }
    this.#columns = columns;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

class NotUtf8Error extends Error {}

import { isUtf8 } from 'node:buffer';
import { CsvError, type Options, parse } from 'csv-parse/sync';
import { CliError } from '../cli-error.js';
import { plural } from '../output/units.js';
import type { Block } from './blocks.js';
import { byteOrderMarkLength } from './byte-order-mark.js';
import { columnNames } from './column-names.js';
import { type CsvDialect, isBlank, parseOptionsOf } from './csv-dialect.js';
import { contentEnd, type Format } from './format.js';
import { EMPTY, HEADER, type Outcome, reject } from './record.js';
import { CsvScanner, type RecordScanner } from './scanner.js';
import { tableFromValue } from './table-name.js';

/**
 * CSV (RFC 4180, or another dialect), with a header row or without. The entry is a JSON object of the row, all values strings, or the record's own
 * text.
 */
export class CsvFormat implements Format {
  readonly scanner: RecordScanner;
  /** The header as it stands, or what is in place of one, and what its columns are called. */
  #header: readonly string[] | undefined;
  #names: readonly string[] = [];
  #notes: string[] = [];
  #routeIndex = -1;
  readonly #route: { readonly by: string } | { readonly to: string };
  readonly #raw: boolean;
  readonly #lossless: boolean;
  readonly #trim: boolean;
  readonly #parseOptions: Options;
  readonly #hasHeader: boolean;
  readonly #givenNames: readonly string[] | undefined;

  constructor(options: {
    route: { by: string } | { to: string };
    raw: boolean;
    dialect: CsvDialect;
    lossless: boolean;
    newline: number;
    /** Whether the first row is one. */
    hasHeader: boolean;
    /** What the columns are called, whatever the header says. */
    names?: readonly string[];
    /** Known when an ingest goes on after its first row. */
    columns?: readonly string[];
  }) {
    const { dialect, newline } = options;
    this.scanner = new CsvScanner(dialect, newline);
    this.#route = options.route;
    this.#raw = options.raw;
    this.#lossless = options.lossless;
    this.#trim = dialect.trim ?? false;
    this.#hasHeader = options.hasHeader;
    this.#givenNames = options.names;
    this.#parseOptions = parseOptionsOf(dialect, newline);
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
      const start = from + mark;
      const content = contentEnd(bytes, start, end, false, this.scanner.newline);
      return {
        start,
        end: content,
        isEmpty: content === start || (this.#trim && isBlank(bytes, start, content)),
      };
    });
    const rows = this.#rows(bytes, spans, isWhole);
    for (let i = 0; i < spans.length; i += 1) {
      const { start, end } = spans[i] ?? NO_SPAN;
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
        const rows = spans.map((span) => (span.isEmpty ? null : (parsed[next++] ?? null)));
        if (next === parsed.length) return rows;
      } catch (error) {
        if (!(error instanceof CsvError)) throw error;
      }
    }
    // Something in the block is wrong: record by record, to find what.
    return spans.map(({ start, end, isEmpty }) => {
      if (isEmpty) return null;
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
    if (!this.#header) {
      if (SEP_LINE.test(bytes.toString('utf8', start, end))) return HEADER;
      if (this.#hasHeader) {
        if (row instanceof Error)
          throw new CliError('CLI_INPUT', `the CSV header cannot be read: ${row.message}`, {
            hint: 'Without a header: --no-header. Other quotes: --quote, --escape, --trim.',
          });
        this.#setHeader(row);
        return HEADER;
      }
      // Without names, the first row that can be read says how many columns there are.
      if (this.#givenNames) this.#setHeader(this.#givenNames);
      else if (!(row instanceof Error)) this.#setHeader(row.map((_, i) => `column${i + 1}`));
    }
    const header = this.#header ?? [];
    if (row instanceof NotUtf8Error) return reject('not-utf8', 'not valid UTF-8');
    if (row instanceof Error) return reject('csv-syntax', `not CSV: ${row.message}`);
    if (row.length !== header.length) {
      return reject(
        'csv-columns',
        `${plural(row.length, 'field')} where ${this.#hasHeader ? 'the header has' : 'there should be'} ${header.length}`,
      );
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
    const given = this.#givenNames;
    if (given && given.length !== header.length)
      throw new CliError(
        'CLI_USAGE',
        `--columns has ${plural(given.length, 'name')}, and the header ${plural(header.length, 'column')}`,
        { hint: `The header is: ${header.join(', ')}` },
      );
    const names = given ?? columnNames(header);
    if ('by' in this.#route) {
      this.#routeIndex = names.indexOf(this.#route.by);
      if (this.#routeIndex === -1) {
        throw new CliError('CLI_USAGE', `the CSV has no column "${this.#route.by}"`, {
          hint: `Its columns are: ${names.join(', ')}.`,
        });
      }
    }
    for (const [i, name] of given ? [] : names.entries()) {
      const title = header[i] ?? '';
      if (name === title) continue;
      const why = title === '' ? 'has no name' : `is "${title}" once more`;
      this.#notes.push(`column ${i + 1} of the header ${why}, and is called "${name}"`);
    }
    this.#header = header;
    this.#names = names;
  }
}

/** The line by which a CSV says what is between its fields: it is for the program that reads it. */
export const SEP_LINE: RegExp = /^"?sep=(.)"?$/iu;

interface Span {
  readonly start: number;
  readonly end: number;
  /** It has no row. */
  readonly isEmpty: boolean;
}

const NO_SPAN: Span = { start: 0, end: 0, isEmpty: true };

class NotUtf8Error extends Error {}

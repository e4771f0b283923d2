import type { Block } from './blocks.js';
import type { Compression } from './compression.js';
import type { CsvDialect } from './csv-dialect.js';
import type { Encoding } from './encoding.js';
import type { JsonLayout } from './json-scanner.js';
import { CR, LF, type LineEnd } from './line-end.js';
import type { Outcome } from './record.js';
import type { RecordScanner } from './scanner.js';

/** What an ingest does with the bytes of its input. All of it is kept in the journal and cannot change on resume. */
export interface FormatOptions extends CsvDialect {
  readonly format: 'ndjson' | 'json' | 'csv' | 'lines';
  /** JSON: how its values stand. */
  readonly layout?: JsonLayout;
  /** The field or column that names each entry's table; without it everything goes to `table`. */
  readonly tableBy?: string;
  readonly table?: string;
  /** CSV: keep each record's text as it stands instead of a JSON object of the row. */
  readonly raw: boolean;
  /** CSV: whether the first row is a header; it is where this is absent. */
  readonly header?: boolean;
  /** CSV: what the columns are called, in place of a header or of what it says. */
  readonly columns?: readonly string[];
  /** What ends a line; a line feed where it is absent. */
  readonly lineEnd?: LineEnd;
  /** How the input's text is written; UTF-8 where it is absent. */
  readonly encoding?: Encoding;
  /** How the input is compressed; not at all where it is absent. */
  readonly compression?: Compression | 'none';
  /** Keep a carriage return before a newline, and (for plain lines) empty lines. */
  readonly lossless: boolean;
}

/** Turns the records of one format into entries. One object per ingest; its state is what a resume must restore. */
export interface Format {
  readonly scanner: RecordScanner;
  /** What must be remembered between records: a CSV's columns once the header has been read. */
  readonly columns: readonly string[] | undefined;
  /** What there is to know of the input by now, a line each; each is given once. */
  takeNotes?(): readonly string[];
  /** What there is to know of it when it has ended. */
  notesAtEnd?(): readonly string[];
  /** One outcome per record of the block, in order; `visit` gets the record's span without its line end. */
  parse(block: Block, visit: (outcome: Outcome, index: number, start: number, end: number) => void): void;
}

/** Where a record's content ends: before its newline, and before a carriage return in front of that unless kept. */
export function contentEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  keepCarriageReturn: boolean,
  newline: number = LF,
): number {
  let at = end;
  if (at > start && bytes[at - 1] === newline) {
    at -= 1;
    if (newline === LF && !keepCarriageReturn && at > start && bytes[at - 1] === CR) at -= 1;
  }
  return at;
}

import { type CsvDialect, quotesOf, spaceLength } from './csv-dialect.js';
import { CR, LF } from './line-end.js';

/** What a scan found in a buffer that starts at the start of a record. */
export interface Scan {
  /** The end of each complete record, terminator included. The last one is where the rest begins. */
  readonly ends: readonly number[];
  /** Physical lines in each record, or `null` when each record is one line. */
  readonly lineCounts: readonly number[] | null;
}

/** Finds where the records of a format end. */
export interface RecordScanner {
  /** The byte that ends a line. */
  readonly newline: number;
  /** A record that is too long can be given up to the end of a line, and the next line be a record again. */
  readonly isOfLines: boolean;
  /**
   * Scans `bytes`, which begin at a record's start. With `final` there is no more input, so that what is left
   * is a record even without a terminator.
   */
  scan(bytes: Uint8Array, final: boolean): Scan;
}

/** One record per line: NDJSON and plain text. */
export class LineScanner implements RecordScanner {
  readonly isOfLines = true;
  readonly newline: number;

  constructor(newline: number = LF) {
    this.newline = newline;
  }

  scan(bytes: Uint8Array, final: boolean): Scan {
    const ends: number[] = [];
    let at = bytes.indexOf(this.newline);
    while (at !== -1) {
      ends.push(at + 1);
      at = bytes.indexOf(this.newline, at + 1);
    }
    if (final && (ends.at(-1) ?? 0) < bytes.length) ends.push(bytes.length);
    return { ends, lineCounts: null };
  }
}

/**
 * CSV records, whose quoted fields may hold newlines. A quote that cannot be right (something other than a delimiter
 * or a line end after a closing quote, or a quote still open at the end of the input) costs one line only: the record
 * ends at its first newline, where the parser will reject it, and the next line starts afresh. What it finds must be what the
 * parser finds: quotes count at the beginning of a field, behind space only where that is trimmed.
 */
export class CsvScanner implements RecordScanner {
  readonly isOfLines = true;
  readonly newline: number;
  readonly #delimiter: number;
  /** -1 where there are no quotes. */
  readonly #quote: number;
  readonly #escape: number;
  readonly #trim: boolean;
  readonly #lines: LineScanner;

  /** All of its characters are ASCII. */
  constructor(dialect: CsvDialect, newline: number = LF) {
    const quotes = quotesOf(dialect);
    this.newline = newline;
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#quote = quotes?.quote.charCodeAt(0) ?? -1;
    this.#escape = quotes?.escapedBy.charCodeAt(0) ?? -1;
    this.#trim = dialect.trim ?? false;
    this.#lines = new LineScanner(newline);
  }

  scan(bytes: Uint8Array, final: boolean): Scan {
    if (this.#quote === -1 || bytes.indexOf(this.#quote) === -1) return this.#lines.scan(bytes, final);
    const ends: number[] = [];
    const lineCounts: number[] = [];
    let start = 0;
    while (start < bytes.length) {
      const end = this.#recordEnd(bytes, start, final);
      if (end === -1) break;
      ends.push(end);
      lineCounts.push(countLines(bytes, start, end, this.newline));
      start = end;
    }
    return { ends, lineCounts };
  }

  /** The end of the record that begins at `start`, or -1 when more input is needed to know. */
  #recordEnd(bytes: Uint8Array, start: number, final: boolean): number {
    let at = start;
    let atFieldStart = true;
    while (at < bytes.length) {
      const byte = bytes[at];
      if (byte === this.newline) return at + 1;
      if (byte === this.#quote && atFieldStart) {
        const close = this.#closingQuote(bytes, at + 1);
        const afterQuote = close === -1 ? -1 : this.#afterSpace(bytes, close + 1);
        // The byte after a closing quote decides whether it closes; without it, wait for more.
        if (afterQuote === -1 || (afterQuote === bytes.length && !final))
          return final ? firstLineEnd(bytes, start, final, this.newline) : -1;
        const after = bytes[afterQuote];
        const wellFormed =
          after === undefined || after === this.#delimiter || after === this.newline || after === CR;
        if (!wellFormed) return firstLineEnd(bytes, start, final, this.newline);
        at = afterQuote;
        atFieldStart = false;
        continue;
      }
      const space: number =
        this.#trim && atFieldStart && byte !== this.#delimiter ? spaceLength(bytes, at) : 0;
      atFieldStart = byte === this.#delimiter || space > 0;
      at += Math.max(1, space);
    }
    return final ? bytes.length : -1;
  }

  /** The index of the quote that closes a field whose text begins at `from`; -1 if there is none yet. */
  #closingQuote(bytes: Uint8Array, from: number): number {
    if (this.#escape === this.#quote) return closingQuote(bytes, from, this.#quote);
    for (let at = from; at < bytes.length; at += 1) {
      if (bytes[at] === this.#escape) at += 1;
      else if (bytes[at] === this.#quote) return at;
    }
    return -1;
  }

  /** Where what follows a closing quote begins. */
  #afterSpace(bytes: Uint8Array, from: number): number {
    let at = from;
    if (!this.#trim) return at;
    while (bytes[at] !== this.#delimiter && bytes[at] !== this.newline && isAsciiSpace(bytes[at])) at += 1;
    return at;
  }
}

/** As the method of this name, where a quote in a field is doubled. */
function closingQuote(bytes: Uint8Array, from: number, quote: number): number {
  let at = bytes.indexOf(quote, from);
  while (at !== -1 && bytes[at + 1] === quote) at = bytes.indexOf(quote, at + 2);
  return at;
}

/** Of the space that is trimmed, the parser takes this alone behind a quote. */
function isAsciiSpace(byte: number | undefined): boolean {
  return byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13);
}

/** The end of the line that begins at `start`, or -1 when it has not ended yet. */
function firstLineEnd(bytes: Uint8Array, start: number, final: boolean, newline: number): number {
  const at = bytes.indexOf(newline, start);
  if (at === -1) return final ? bytes.length : -1;
  return at + 1;
}

/** Physical lines in `bytes[start, end)`; a last line without a newline counts. */
function countLines(bytes: Uint8Array, start: number, end: number, newline: number): number {
  let lines = 0;
  let at = start;
  while (at < end) {
    const lineEnd = bytes.indexOf(newline, at);
    lines += 1;
    if (lineEnd === -1 || lineEnd >= end) break;
    at = lineEnd + 1;
  }
  return lines;
}

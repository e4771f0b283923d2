import { byteOrderMarkLength } from './byte-order-mark.js';
import { LF } from './line-end.js';
import type { RecordScanner, Scan } from './scanner.js';

/** Whether the values of a JSON input are the elements of one array, or stand one after another. */
export type JsonLayout = 'array' | 'values';

/** What stands before a value, and the value; without one the record is the end of the array, or nothing but space. */
export interface JsonSpan {
  /** `[` or `,` before the value, `]` for the end; null for none. */
  readonly mark: '[' | ',' | ']' | null;
  readonly valueStart: number;
  readonly end: number;
}

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

/**
 * Finds the values of JSON however they are broken over lines. What is no JSON ends somewhere, too, for the parser to
 * reject it.
 */
export class JsonScanner implements RecordScanner {
  readonly newline: number = LF;
  readonly isOfLines = false;
  readonly #layout: JsonLayout;

  constructor(layout: JsonLayout) {
    this.#layout = layout;
  }

  scan(bytes: Uint8Array, final: boolean): Scan {
    const ends: number[] = [];
    const lineCounts: number[] = [];
    let start = 0;
    // Looked for once: where there is none, each look would go through all that is left.
    let newline = bytes.indexOf(LF);
    while (start < bytes.length) {
      const span = this.span(bytes, start, final);
      if (span === null) break;
      let lines = 0;
      for (; newline !== -1 && newline < span.end; newline = bytes.indexOf(LF, newline + 1)) lines++;
      // The last line of the input counts without an end, too.
      if (final && span.end === bytes.length && bytes[span.end - 1] !== LF) lines++;
      ends.push(span.end);
      lineCounts.push(lines);
      start = span.end;
    }
    return { ends, lineCounts };
  }

  /** The record that begins at `start`; null when more input is needed to know. */
  span(bytes: Uint8Array, start: number, final: boolean): JsonSpan | null {
    let at = skipSpace(bytes, start);
    if (!final && isPartOfMark(bytes, at)) return null;
    // Where files were joined there may be one anywhere.
    at = skipSpace(bytes, at + byteOrderMarkLength(bytes, at));
    if (at === bytes.length) return final ? { mark: null, valueStart: at, end: at } : null;
    let mark: JsonSpan['mark'] = null;
    if (this.#layout === 'array') {
      mark = markOf(bytes[at]);
      if (mark !== null) at = skipSpace(bytes, at + 1);
      // What comes after the end of the array is no value of it.
      if (mark === ']') return at < bytes.length || final ? { mark, valueStart: at, end: at } : null;
      if (at === bytes.length) return final ? { mark, valueStart: at, end: at } : null;
      // An array without elements, or a comma too many.
      if (mark !== null && bytes[at] === CLOSE_ARRAY) return { mark, valueStart: at, end: at };
    }
    const end = valueEnd(bytes, at, final);
    return end === -1 ? null : { mark, valueStart: at, end };
  }
}

/** The same JSON without the space between its parts. */
export function compact(json: Uint8Array): Uint8Array {
  const result = Buffer.allocUnsafe(json.length);
  let length = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0;
    if (!isText && isSpace(byte)) continue;
    result[length++] = byte;
    if (byte === QUOTE) isText = !isText;
    else if (byte === BACKSLASH && isText && at + 1 < json.length) result[length++] = json[++at] ?? 0;
  }
  return result.subarray(0, length);
}

function markOf(byte: number | undefined): JsonSpan['mark'] {
  if (byte === OPEN_ARRAY) return '[';
  if (byte === CLOSE_ARRAY) return ']';
  return byte === COMMA ? ',' : null;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === LF || byte === 13 || byte === 9;
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at])) at++;
  return at;
}

/** The beginning of a byte order mark, whose rest has not come yet. */
function isPartOfMark(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0xef && (at + 1 === bytes.length || (bytes[at + 1] === 0xbb && at + 2 === bytes.length))
  );
}

/** Where the value that begins at `from` ends, or -1 when it has not ended yet. */
function valueEnd(bytes: Uint8Array, from: number, final: boolean): number {
  const unknown = final ? bytes.length : -1;
  const first = bytes[from];
  if (first === QUOTE) {
    const close = textEnd(bytes, from + 1);
    return close === -1 ? unknown : close;
  }
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return wordEnd(bytes, from, unknown);
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const close = textEnd(bytes, at + 1);
      if (close === -1) return unknown;
      at = close - 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return at + 1;
  }
  return unknown;
}

/** The end of a number or word, of one byte at least. */
function wordEnd(bytes: Uint8Array, from: number, unknown: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    const isEnd =
      isSpace(byte) ||
      byte === COMMA ||
      byte === QUOTE ||
      byte === OPEN_OBJECT ||
      byte === OPEN_ARRAY ||
      byte === CLOSE_ARRAY;
    if (isEnd) return at;
  }
  return unknown;
}

/** Behind the quote that ends a text which begins at `from`; -1 for none yet. */
function textEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at + 1;
  }
  return -1;
}

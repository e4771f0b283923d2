import type { Options } from 'csv-parse/sync';
import { CR } from './line-end.js';

/** How the fields of a CSV are written. */
export interface CsvDialect {
  /** The character between fields. */
  readonly delimiter: string;
  /** The character around a field; `"` where it is absent, nothing where it is empty. */
  readonly quote?: string;
  /** In a field that is quoted: the character behind which one stands for itself. The quote where it is absent. */
  readonly escapedBy?: string;
  /** Space around fields, and around what quotes them, does not count. */
  readonly trim?: boolean;
}

/** The quote and the escape of a dialect; none where there are no quotes. */
export function quotesOf({
  quote = '"',
  escapedBy = quote,
}: Omit<CsvDialect, 'delimiter'>): { readonly quote: string; readonly escapedBy: string } | undefined {
  return quote === '' ? undefined : { quote, escapedBy };
}

/** How the parser is told of a dialect. */
export function parseOptionsOf(dialect: CsvDialect, newline: number): Options {
  const { quote, escapedBy } = quotesOf(dialect) ?? { quote: null, escapedBy: null };
  return {
    delimiter: dialect.delimiter,
    quote,
    escape: escapedBy,
    trim: dialect.trim ?? false,
    record_delimiter: newline === CR ? ['\r'] : ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: 0,
  };
}

/** The characters that `trim` takes away where a field begins: those of `String.prototype.trim`. */
const SPACES: readonly Buffer[] = [
  ...' \t\n\r\f\v\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff',
].map((space) => Buffer.from(space));
const FIRST_BYTES: ReadonlySet<number> = new Set(SPACES.map((space) => space[0] ?? 0));

/** Bytes of the space at a place in UTF-8; 0 where there is none. */
export function spaceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === undefined || !FIRST_BYTES.has(first)) return 0;
  const space = SPACES.find((one) => one.every((byte, i) => bytes[at + i] === byte));
  return space?.length ?? 0;
}

/** Whether nothing but space is in `bytes[start, end)`. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const length = spaceLength(bytes, at);
    if (length === 0) return false;
    at += length;
  }
  return true;
}

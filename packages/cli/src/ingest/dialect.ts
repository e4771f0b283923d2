import { CsvError, parse } from 'csv-parse/sync';
import { CliError } from '../cli-error.js';
import type { Beginning } from './beginning.js';
import type { ChosenOptions } from './choose-options.js';
import { type CsvDialect, parseOptionsOf, quotesOf } from './csv-dialect.js';
import { SEP_LINE } from './csv-format.js';
import { likelyEncoding, markedEncoding } from './encoding.js';
import type { JournaledOptions } from './journal-records.js';
import { layoutOf } from './json-layout.js';
import { CR, LF, newlineOf } from './line-end.js';
import { readingOf } from './reading.js';

/** How an input is to be read, and what of that was found by looking. */
export interface Dialect {
  readonly options: JournaledOptions;
  /** It in a line. */
  readonly reading: string;
  /** Something of it that is not the usual was found. */
  readonly isUnusual: boolean;
}

/** Characters that are looked for between the fields of a CSV, the usual one first. */
const DELIMITERS = [',', ';', '\t', '|'] as const;
/** Lines of a CSV that are looked at. */
const LINES = 50;

/** How the text of an input is written: as was said, or as its first bytes say. Fails where they leave a doubt. */
export function encodingOf(chosen: ChosenOptions, { head }: Beginning): JournaledOptions['encoding'] {
  if (chosen.encoding !== undefined) return chosen.encoding;
  // Its lines are to be the input again.
  if (chosen.lossless && chosen.format === 'lines') return undefined;
  const marked = markedEncoding(head);
  if (marked !== undefined) return marked;
  const likely = likelyEncoding(head);
  if (likely === undefined) return undefined;
  throw new CliError(
    'CLI_INPUT',
    `the input looks like ${likely.toUpperCase()}, and has no byte order mark that says so`,
    { hint: `If it is, say so with --encoding ${likely}; if not, with --encoding utf-8.` },
  );
}

/** Finds out what was not said: what ends a line, and what is between the fields of a CSV. */
export function dialectOf(options: ChosenOptions, beginning: Beginning): Dialect {
  const { isLenient = false, ...given } = options;
  const layout = layoutOf(given.format, isLenient, beginning);
  const chosen = layout === undefined ? given : { ...given, format: 'json' as const, layout };
  const hasLines = chosen.format !== 'json' && !chosen.lossless && endsWithCarriageReturns(beginning);
  const lineEnd = hasLines ? { lineEnd: 'cr' as const } : {};
  const delimiter =
    chosen.delimiter ?? (chosen.format === 'csv' ? delimiterOf(beginning, chosen, lineEnd) : ',');
  const all: JournaledOptions = { ...chosen, ...lineEnd, delimiter };
  return {
    options: all,
    reading: readingOf(all, all.format === 'csv' ? columnCount(beginning, all) : undefined),
    isUnusual:
      (chosen.compression ?? 'none') !== 'none' ||
      (chosen.encoding ?? 'utf-8') !== 'utf-8' ||
      (layout !== undefined && given.format !== 'json') ||
      lineEnd.lineEnd !== undefined ||
      (chosen.delimiter === undefined && delimiter !== ','),
  };
}

/** How many columns the first row has, where it is there as a whole and can be read. */
function columnCount(beginning: Beginning, options: JournaledOptions): number | undefined {
  const newline = newlineOf(options.lineEnd);
  const lines = linesOf(beginning, String.fromCharCode(newline));
  const text = lines.slice(SEP_LINE.test(lines[0] ?? '') ? 1 : 0).join(String.fromCharCode(newline));
  try {
    const [row]: string[][] = parse(text, { ...parseOptionsOf(options, newline), to: 1 });
    return options.columns?.length ?? row?.length;
  } catch (error) {
    if (error instanceof CsvError) return options.columns?.length;
    throw error;
  }
}

/** Whether what ends a line is a carriage return with no line feed: there is none of these as far as was looked. */
function endsWithCarriageReturns({ head, isWhole, mayGrow = false }: Beginning): boolean {
  if (head.includes(LF)) return false;
  const at = head.indexOf(CR);
  // One that the beginning ends with may be half of an end, or stand at the end of the only line.
  return at !== -1 && ((isWhole && !mayGrow) || at < head.length - 1);
}

function delimiterOf(
  beginning: Beginning,
  dialect: Omit<CsvDialect, 'delimiter'>,
  { lineEnd }: { readonly lineEnd?: 'cr' },
): string {
  const { quote, escapedBy } = quotesOf(dialect) ?? {};
  const isFree = (delimiter: string): boolean =>
    /^[\t -~]$/.test(delimiter) && delimiter !== quote && delimiter !== escapedBy;
  const newline = lineEnd === 'cr' ? '\r' : '\n';
  const [first = '', ...rest] = linesOf(beginning, newline);
  const said = SEP_LINE.exec(first)?.[1];
  if (said !== undefined && isFree(said)) return said;
  const text = (said === undefined ? [first, ...rest] : rest).join(newline);
  const widths = DELIMITERS.filter(isFree).map((delimiter) => ({
    delimiter,
    width: widthOf(text, { ...dialect, delimiter }, newline),
  }));
  const usual = widths.find(({ delimiter }) => delimiter === ',');
  if (usual !== undefined && usual.width > 1) return usual.delimiter;
  const widest = widths.reduce((most, one) => (one.width > most.width ? one : most));
  return widest.width > 1 || usual === undefined ? widest.delimiter : ',';
}

/** The first lines that are there as a whole, without a byte order mark. */
function linesOf({ head, isWhole }: Beginning, newline: string): string[] {
  const lines = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(newline);
  if (!isWhole) lines.pop();
  return lines.slice(0, LINES).map((line) => (newline === '\n' ? line.replace(/\r$/, '') : line));
}

/** How many fields each record has with a delimiter; 0 where they do not have as many each. */
function widthOf(text: string, dialect: CsvDialect, newline: string): number {
  try {
    const rows = parse(text, {
      ...parseOptionsOf(dialect, newline.charCodeAt(0)),
      relax_quotes: true,
      // A field that is quoted may not end within these lines.
      skip_records_with_error: true,
    });
    const width = rows[0]?.length ?? 0;
    return rows.every((row) => row.length === width) ? width : 0;
  } catch (error) {
    if (error instanceof CsvError) return 0;
    throw error;
  }
}

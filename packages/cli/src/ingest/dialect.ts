import { CsvError, parse } from 'csv-parse/sync';
import { CliError } from '../cli-error.js';
import type { Beginning } from './beginning.js';
import type { ChosenOptions } from './choose-options.js';
import { SEP_LINE } from './csv-format.js';
import { likelyEncoding, markedEncoding } from './encoding.js';
import type { JournaledOptions } from './journal-records.js';
import { layoutOf } from './json-layout.js';
import { CR, LF } from './line-end.js';

/** How an input is to be read, and what of that was found by looking. */
export interface Dialect {
  readonly options: JournaledOptions;
  readonly notes: readonly string[];
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
  const delimiter = chosen.delimiter ?? (chosen.format === 'csv' ? delimiterOf(beginning, lineEnd) : ',');
  const found = [
    ...(chosen.compression === undefined || chosen.compression === 'none' ? [] : [chosen.compression]),
    ...(chosen.encoding !== undefined && chosen.encoding !== 'utf-8' ? [chosen.encoding.toUpperCase()] : []),
    ...(layout === undefined || given.format === 'json' ? [] : [SAID[layout]]),
    ...(lineEnd.lineEnd === undefined ? [] : ['lines that end with a carriage return alone']),
    ...(chosen.delimiter === undefined && delimiter !== ',' ? [`${nameOf(delimiter)} between fields`] : []),
  ];
  return {
    options: { ...chosen, ...lineEnd, delimiter },
    notes: found.length === 0 ? [] : [`read as ${chosen.format}: ${found.join(', ')}`],
  };
}

const SAID = { array: 'the elements of an array', values: 'values that go over several lines' };

/** Whether what ends a line is a carriage return with no line feed: there is none of these as far as was looked. */
function endsWithCarriageReturns({ head, isWhole }: Beginning): boolean {
  if (head.includes(LF)) return false;
  const at = head.indexOf(CR);
  // One that the beginning ends with may be half of an end, or stand at the end of the only line.
  return at !== -1 && (isWhole || at < head.length - 1);
}

function delimiterOf(beginning: Beginning, { lineEnd }: { readonly lineEnd?: 'cr' }): string {
  const newline = lineEnd === 'cr' ? '\r' : '\n';
  const [first = '', ...rest] = linesOf(beginning, newline);
  const said = SEP_LINE.exec(first)?.[1];
  if (said !== undefined) return said;
  const text = [first, ...rest].join(newline);
  const widths = DELIMITERS.map((delimiter) => ({ delimiter, width: widthOf(text, delimiter, newline) }));
  const [usual, ...others] = widths;
  if (usual !== undefined && usual.width > 1) return usual.delimiter;
  const widest = others.reduce((most, one) => (one.width > most.width ? one : most));
  return widest.width > 1 ? widest.delimiter : ',';
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
function widthOf(text: string, delimiter: string, newline: string): number {
  try {
    const rows = parse(text, {
      delimiter,
      record_delimiter: newline,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
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

function nameOf(delimiter: string): string {
  return delimiter === '\t' ? 'tabs' : JSON.stringify(delimiter);
}

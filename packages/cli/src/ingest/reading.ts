import { plural } from '../output/units.js';
import { quotesOf } from './csv-dialect.js';
import type { JournaledOptions } from './journal-records.js';

const FORMATS = { ndjson: 'NDJSON', json: 'JSON', csv: 'CSV', lines: 'plain lines' };
const LAYOUTS = { array: 'the elements of an array', values: 'values that go over several lines' };

/** How an input is read, in a line: `CSV, ";", UTF-16LE, 12 columns`. `columns`: how many, where that is known. */
export function readingOf(options: JournaledOptions, columns: number | undefined): string {
  const { format, encoding = 'utf-8', compression = 'none', lineEnd, layout } = options;
  return [
    FORMATS[format],
    ...(format === 'csv' ? dialectWords(options) : []),
    ...(layout === undefined ? [] : [LAYOUTS[layout]]),
    ...(compression === 'none' ? [] : [compression]),
    ...(encoding === 'utf-8' ? [] : [encoding.toUpperCase()]),
    ...(lineEnd === 'cr' ? ['lines that end with a carriage return alone'] : []),
    ...(columns === undefined ? [] : [plural(columns, 'column')]),
  ].join(', ');
}

function dialectWords({ delimiter, quote, escapedBy, trim, header }: JournaledOptions): string[] {
  const quotes = quotesOf({
    ...(quote === undefined ? {} : { quote }),
    ...(escapedBy === undefined ? {} : { escapedBy }),
  });
  return [
    delimiter === '\t' ? 'tabs' : `"${delimiter}"`,
    ...(quotes === undefined ? ['no quotes'] : quotes.quote === '"' ? [] : [`quotes ${quotes.quote}`]),
    ...(quotes === undefined || quotes.escapedBy === quotes.quote ? [] : [`escape ${quotes.escapedBy}`]),
    ...(trim ? ['trimmed'] : []),
    ...(header === false ? ['no header'] : []),
  ];
}

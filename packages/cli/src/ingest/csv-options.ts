import { CliError } from '../cli-error.js';
import type { JournaledOptions } from './journal-records.js';

type CsvOptions = Pick<
  Partial<JournaledOptions>,
  'delimiter' | 'quote' | 'escapedBy' | 'trim' | 'header' | 'columns'
>;

/** Refuses options of CSV for what is none, and those that contradict each other. */
export function requireCsv(given: Partial<JournaledOptions>, format: JournaledOptions['format']): void {
  const { delimiter, quote, escapedBy, columns, tableBy } = given;
  const [first] = csvFlags(given);
  if (first === undefined) return;
  if (format !== 'csv') throw usage(`${first.replace(/=.*/s, '')} is for CSV`);
  if (quote === '' && escapedBy !== undefined)
    throw usage('--escape is for quotes, and there are none with --quote none');
  if (delimiter !== undefined && delimiter === quote)
    throw usage('--quote and --delimiter cannot be the same character');
  if (delimiter !== undefined && delimiter === escapedBy)
    throw usage('--escape and --delimiter cannot be the same character');
  if (columns !== undefined && tableBy !== undefined && !columns.includes(tableBy))
    throw usage(`--table-by names the column "${tableBy}", and --columns has none of that name`);
}

/** What of a CSV's dialect and columns was given and is not the usual. */
export function csvOptions({ quote, escapedBy, trim, header, columns }: CsvOptions): CsvOptions {
  return {
    ...(quote === undefined || quote === '"' ? {} : { quote }),
    ...(escapedBy === undefined || escapedBy === (quote ?? '"') ? {} : { escapedBy }),
    ...(trim ? { trim } : {}),
    ...(header === false ? { header } : {}),
    ...(columns === undefined ? {} : { columns }),
  };
}

/** They as a command line has them. */
export function csvFlags(options: { readonly [K in keyof CsvOptions]: CsvOptions[K] | undefined }): string[] {
  const { delimiter, quote, escapedBy, trim, header, columns } = options;
  return [
    ...(delimiter === undefined ? [] : [`--delimiter=${delimiter === '\t' ? 'tab' : delimiter}`]),
    ...(quote === undefined ? [] : [`--quote=${quote === '' ? 'none' : quote}`]),
    ...(escapedBy === undefined ? [] : [`--escape=${escapedBy}`]),
    ...(trim ? ['--trim'] : []),
    ...(columns === undefined ? [] : [`--columns=${columns.map(asField).join(',')}`]),
    ...(header === undefined ? [] : [header ? '--header' : '--no-header']),
  ];
}

function asField(name: string): string {
  return /[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

function usage(message: string): CliError {
  return new CliError('CLI_USAGE', message);
}

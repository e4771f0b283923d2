import { basename, extname } from 'node:path';
import { CliError } from '../cli-error.js';
import type { JournaledOptions } from './journal-records.js';
import { tableNameProblem } from './table-name.js';

/** Bytes that a line may have unless `--max-line` says otherwise. */
export const DEFAULT_MAX_LINE_BYTES: number = 16 << 20;

/** Fills in what was not given, from the input's name; fails where that says nothing. */
export function chooseOptions(given: Partial<JournaledOptions>, inputPath: string): JournaledOptions {
  const extension = inputPath === '-' ? '' : extname(inputPath).toLowerCase();
  const format = given.format ?? formatOf(extension, given, inputPath);
  if (given.table !== undefined && given.tableBy !== undefined) {
    throw new CliError('CLI_USAGE', 'either --table or --table-by, not both');
  }
  if (given.tableBy !== undefined && format === 'lines') {
    throw new CliError('CLI_USAGE', 'plain lines have no fields: --table-by needs --format ndjson or csv');
  }
  if (given.raw && format !== 'csv')
    throw new CliError('CLI_USAGE', '--raw is for CSV; other formats are kept as they are');
  if (given.delimiter !== undefined && format !== 'csv')
    throw new CliError('CLI_USAGE', '--delimiter is for CSV');
  const route =
    given.tableBy !== undefined ? { tableBy: given.tableBy } : { table: given.table ?? tableOf(inputPath) };
  const problem = route.table === undefined ? undefined : tableNameProblem(route.table);
  if (problem !== undefined) throw new CliError('CLI_USAGE', problem);
  return {
    format,
    ...route,
    raw: given.raw ?? false,
    delimiter: given.delimiter ?? (extension === '.tsv' ? '\t' : ','),
    lossless: given.lossless ?? false,
    maxLineBytes: given.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES,
  };
}

const COMPRESSED = new Set(['.gz', '.zst', '.xz', '.bz2', '.zip', '.lz4', '.br']);

function formatOf(
  extension: string,
  given: Partial<JournaledOptions>,
  path: string,
): JournaledOptions['format'] {
  if (COMPRESSED.has(extension)) {
    throw new CliError('CLI_USAGE', `${path} looks compressed`, {
      hint: `Decompress it into a pipe, such as: zcat ${path} | shale ingest <dir> - (or say what it is with --format).`,
    });
  }
  if (extension === '.csv' || extension === '.tsv') return 'csv';
  if (extension === '.ndjson' || extension === '.jsonl' || extension === '.json') return 'ndjson';
  return given.tableBy === undefined ? 'lines' : 'ndjson';
}

function tableOf(path: string): string {
  if (path === '-') {
    throw new CliError('CLI_USAGE', 'say where the lines of standard input go', {
      hint: '--table <name> or --table-by <field>.',
    });
  }
  return basename(path, extname(path));
}

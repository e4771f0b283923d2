import { basename, extname } from 'node:path';
import { CliError } from '../cli-error.js';
import { pathWord, shellCommand, shellWord } from '../output/shell-word.js';
import { csvFlags, csvOptions, requireCsv } from './csv-options.js';
import type { JournaledOptions } from './journal-records.js';
import { tableNameProblem } from './table-name.js';

/** How an input is to be read, but for what is found by a look at it. */
export interface ChosenOptions extends Omit<JournaledOptions, 'delimiter'> {
  /** Undefined where it is to be found. */
  readonly delimiter: string | undefined;
  /** Whether NDJSON is but what the input's name lets expect, and other JSON is to be taken, too. */
  readonly isLenient?: boolean;
}

/** Bytes that a line may have unless `--max-line` says otherwise. */
export const DEFAULT_MAX_LINE_BYTES: number = 16 << 20;

/** What the names of compressed files end with: what is before that says what is in them. */
const COMPRESSED = /\.(?:gz|gzip|zst|zstd|br|xz|bz2|lz4|zip)$/i;

/**
 * Fills in what was not given, from the input's name; fails where that says nothing.
 */
export function chooseOptions(given: Partial<JournaledOptions>, inputPath: string): ChosenOptions {
  const name = inputPath === '-' ? '' : innerName(inputPath);
  const extension = extname(name).toLowerCase();
  const format = given.format ?? formatByName(extension, given);
  if (given.table !== undefined && given.tableBy !== undefined) {
    throw new CliError('CLI_USAGE', 'either --table or --table-by, not both');
  }
  if (given.lossless && format === 'json')
    throw new CliError('CLI_USAGE', '--lossless is for formats whose entries are lines');
  if (given.tableBy !== undefined && format === 'lines') {
    throw new CliError(
      'CLI_USAGE',
      'plain lines have no fields: --table-by needs --format ndjson, json or csv',
    );
  }
  if (given.raw && format !== 'csv')
    throw new CliError('CLI_USAGE', '--raw is for CSV; other formats are kept as they are');
  requireCsv(given, format);
  const route =
    given.tableBy !== undefined ? { tableBy: given.tableBy } : { table: given.table ?? tableOf(inputPath) };
  // Brotli alone does not show in its bytes.
  const compression = given.compression ?? (/\.br$/i.test(inputPath) ? 'brotli' : undefined);
  const problem = route.table === undefined ? undefined : tableNameProblem(route.table);
  if (problem !== undefined) throw new CliError('CLI_USAGE', problem);
  return {
    format,
    ...(isLenient(given, extension) ? { isLenient: true } : {}),
    ...route,
    raw: given.raw ?? false,
    ...csvOptions(given),
    delimiter: given.delimiter ?? (extension === '.tsv' ? '\t' : undefined),
    ...(given.encoding === undefined ? {} : { encoding: given.encoding }),
    ...(compression === undefined ? {} : { compression }),
    lossless: given.lossless ?? false,
    maxLineBytes: given.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES,
  };
}

/** A name that ends with .ndjson says what is in it; with --lossless the entries are to be the input again. */
function isLenient(given: Partial<JournaledOptions>, extension: string): boolean {
  return given.format === undefined && !given.lossless && extension !== '.ndjson' && extension !== '.jsonl';
}

/** The name of what is in a file: of one that is compressed without what says so. */
function innerName(path: string): string {
  return basename(path).replace(COMPRESSED, '');
}

/** The command that takes an input by way of a program. */
export function commandInPipe(
  given: Partial<JournaledOptions>,
  { directory, path, program }: { directory: string; path: string; program: string },
): string {
  const { format, ...options } = chooseOptions(given, path);
  const route = options.tableBy === undefined ? `--table=${options.table}` : `--table-by=${options.tableBy}`;
  const reading = [`--format=${format}`, ...csvFlags(options)];
  const ingest = ['shale', 'ingest', pathWord(directory), '-', route, `--name=${path}`, ...reading];
  return `${program} ${shellWord(pathWord(path))} | ${shellCommand(ingest)}`;
}

function formatByName(extension: string, given: Partial<JournaledOptions>): JournaledOptions['format'] {
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
  const name = innerName(path);
  return basename(name, extname(name));
}

import { basename, extname } from 'node:path';
import { CliError } from '../cli-error.js';
import { pathWord, shellCommand, shellWord } from '../output/shell-word.js';
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

/** Programs that decompress, by what the names of their files end with. */
const DECOMPRESS: Readonly<Record<string, string>> = {
  '.gz': 'gzip -dc',
  '.zst': 'zstd -dc',
  '.xz': 'xz -dc',
  '.bz2': 'bzip2 -dc',
  '.zip': 'unzip -p',
  '.lz4': 'lz4 -dc',
  '.br': 'brotli -dc',
};

/**
 * Fills in what was not given, from the input's name; fails where that says nothing. `directory`: the log, for
 * messages.
 */
export function chooseOptions(
  given: Partial<JournaledOptions>,
  inputPath: string,
  directory: string = './data',
): ChosenOptions {
  const extension = inputPath === '-' ? '' : extname(inputPath).toLowerCase();
  const format = given.format ?? formatOf(extension, given, inputPath, directory);
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
  if (given.delimiter !== undefined && format !== 'csv')
    throw new CliError('CLI_USAGE', '--delimiter is for CSV');
  const route =
    given.tableBy !== undefined ? { tableBy: given.tableBy } : { table: given.table ?? tableOf(inputPath) };
  const problem = route.table === undefined ? undefined : tableNameProblem(route.table);
  if (problem !== undefined) throw new CliError('CLI_USAGE', problem);
  return {
    format,
    ...(isLenient(given, extension) ? { isLenient: true } : {}),
    ...route,
    raw: given.raw ?? false,
    delimiter: given.delimiter ?? (extension === '.tsv' ? '\t' : undefined),
    ...(given.encoding === undefined ? {} : { encoding: given.encoding }),
    lossless: given.lossless ?? false,
    maxLineBytes: given.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES,
  };
}

/** A name that ends with .ndjson says what is in it; with --lossless the entries are to be the input again. */
function isLenient(given: Partial<JournaledOptions>, extension: string): boolean {
  return given.format === undefined && !given.lossless && extension !== '.ndjson' && extension !== '.jsonl';
}

function formatOf(
  extension: string,
  given: Partial<JournaledOptions>,
  path: string,
  directory: string,
): JournaledOptions['format'] {
  const decompress = DECOMPRESS[extension];
  if (decompress !== undefined) {
    const route =
      given.tableBy === undefined
        ? `--table=${given.table ?? innerName(path)}`
        : `--table-by=${given.tableBy}`;
    const ingest = ['shale', 'ingest', pathWord(directory), '-', route, `--name=${path}`];
    const inner = extname(basename(path, extname(path))).toLowerCase();
    const reading = [
      `--format=${formatByName(inner, given)}`,
      ...(inner === '.tsv' ? ['--delimiter=tab'] : []),
    ];
    throw new CliError('CLI_USAGE', `${path} looks compressed`, {
      hint: `Decompress it into a pipe: ${decompress} ${shellWord(pathWord(path))} | ${shellCommand([...ingest, ...reading])} (if it is not compressed, say what it is with --format).`,
    });
  }
  return formatByName(extension, given);
}

/** The base name of what is in a compressed file. */
function innerName(path: string): string {
  const inner = basename(path, extname(path));
  return basename(inner, extname(inner));
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
  return basename(path, extname(path));
}

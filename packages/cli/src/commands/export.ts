import { realpath } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import type { ReadRange, Table } from '@shale/engine';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { type Exported, findColumns, type LeftOut, runExport } from '../export/export.js';
import { ExportFile, isThere, outputError, partsOf } from '../export/export-file.js';
import type { ExportFormatName } from '../export/export-format.js';
import { type ExportPlan, type ExportState, loadState } from '../export/export-state.js';
import { StopSignals } from '../ingest/stop-signals.js';
import { toJson } from '../output/json.js';
import { pathWord, shellCommand } from '../output/shell-word.js';
import { showable } from '../output/showable.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, plural } from '../output/units.js';
import { type BoundOptions, toBounds } from '../read/bounds.js';
import { parseColumns, parseCount, parseDelimiter, parseMoment, parseU64 } from './arguments.js';
import { openForReading } from './open-log.js';
import { findTable } from './table-argument.js';

interface ExportFlags extends BoundOptions {
  readonly region?: bigint;
  readonly format?: ExportFormatName;
  readonly gzip?: boolean;
  readonly delimiter?: string;
  readonly columns?: readonly string[];
  readonly withSequence?: boolean;
  readonly resume?: boolean;
  readonly restart?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** A command line of `shale export`. */
interface ExportJob {
  readonly dir: string;
  readonly table: string;
  readonly output: string;
  readonly flags: ExportFlags;
}

/** Entries that are left out and told one by one. */
const SHOWN = 10;
const MOST_COLUMNS = 4096;

/** `shale export`. */
export function exportCommand(terminal: Terminal, done: (exitCode: number) => void): Command {
  return new Command('export')
    .summary('write the entries of a table to a file of NDJSON or CSV')
    .description(
      'Writes the entries of a table to a file of NDJSON or CSV, which appears under its name when it is whole. An export that ' +
        'was stopped, even by kill -9, goes on with --resume. Works beside a running writer, and exports the log as it was at ' +
        'the moment of opening.',
    )
    .argument('<dir>', 'directory of the log')
    .argument('<table>', "a table's name, or with --region its number")
    .argument(
      '<output>',
      'the file: what it is follows from its name, such as .ndjson, .csv, .tsv or .csv.gz',
    )
    .option('--region <id>', 'region of a table that is told by numbers', parseU64)
    .addOption(
      new Option(
        '-f, --format <format>',
        'NDJSON of entries that are JSON, CSV of JSON objects, or all with their sequence',
      ).choices(['ndjson', 'csv', 'entries']),
    )
    .option('-z, --gzip', 'compress with gzip (default: if the name ends with .gz)')
    .option(
      '--delimiter <char>',
      'CSV: character between fields (default: , and for .tsv the tab)',
      parseDelimiter,
    )
    .option('--columns <names>', 'CSV: these fields, a,b,c (default: all that there are)', parseColumns)
    .option('--with-sequence', 'CSV: the sequence of each entry as the first column')
    .option('--gte <sequence>', 'from this sequence on', parseU64)
    .option('--gt <sequence>', 'after this sequence', parseU64)
    .option('--lte <sequence>', 'up to and with this sequence', parseU64)
    .option('--lt <sequence>', 'before this sequence', parseU64)
    .option('--from <sequence>', 'the same as --gte', parseU64)
    .option('--to <sequence>', 'the same as --lte', parseU64)
    .option('--since <time>', 'from about this time on: 10m ago, or as 2026-11-30T18:00:00Z', parseMoment)
    .option('--last <n>', 'the last n entries', parseU64)
    .option('-n, --limit <n>', 'at most n entries', parseCount)
    .option('--resume', 'go on where an earlier export to the same file stopped')
    .option('--restart', 'begin an unfinished export again')
    .option('--overwrite', 'replace a file that is there')
    .option('--json', 'print the summary as JSON')
    .option('-q, --quiet', 'no notes, no summary; errors only')
    .addHelpText(
      'after',
      `
Examples:
  shale export ./data web-1 web-1.ndjson
  shale export ./data prices prices.csv.gz --columns time,price
  shale export ./data prices prices.csv --from 1000 --to 1999
  shale export ./data prices prices.csv.gz --resume`,
    )
    .action(async (dir: string, table: string, output: string, flags: ExportFlags) => {
      done(await exportTable(terminal, { dir, table, output: resolve(output), flags }));
    });
}

async function exportTable(terminal: Terminal, job: ExportJob): Promise<number> {
  const { dir, output, flags } = job;
  const started = performance.now();
  const shape = shapeOf(job);
  if (flags.resume && flags.restart)
    throw new CliError('CLI_USAGE', 'at most one of --resume and --restart makes sense');
  if (!flags.overwrite && (await isThere(output)))
    throw new CliError('CLI_NOT_EMPTY', `there is something at ${output} already`, {
      hint: 'Name another file, or replace it with --overwrite.',
    });
  const from = await stateBefore(job);
  const note = (text: string): void => {
    if (!flags.quiet) terminal.note(showable(text));
  };
  using stop = new StopSignals((signal, time) =>
    note(
      time === 'first'
        ? `${signal}: finishing what was read; again to stop at once`
        : `${signal} again: stopped at once; --resume goes on after the last state`,
    ),
  );
  await using wal = await openForReading(dir, terminal);
  const log = await realpath(dir);
  const parent = await realpath(dirname(output)).catch((error: unknown) => {
    throw outputError(output, error);
  });
  if (parent === log) throw new CliError('CLI_USAGE', `${output} is in the directory of the log`);
  const table = await findTable(wal, { table: job.table, region: flags.region });
  const { range, end } = await rangeOf(table, flags, from);
  const named = flags.region === undefined ? job.table : `${flags.region}/${job.table}`;
  const given = { log, table: named, ...shape, range: boundsInWords(flags) };
  if (from) requireSame(from.plan, given, flags);
  const columns = from ? from.plan.columns : await columnsOf(table, range, shape.format, flags, stop.signal);
  if (columns === null) return SIGNAL_EXIT[stop.received ?? 'SIGINT'];
  const plan: ExportPlan = from?.plan ?? { ...given, columns, last: String(range.lte), limit: flags.limit };
  const file = from ? await ExportFile.resume(output, from) : await ExportFile.begin(output, plan.gzip);
  if (from) note(`going on after sequence ${formatCount(BigInt(from.done ?? 0))}`);
  else if (flags.resume) note('nothing to resume: beginning with the first entry');
  try {
    const notes = new LeftOutNotes(note);
    const exported = await runExport({
      table,
      range,
      end,
      plan,
      file,
      from,
      signal: stop.signal,
      onLeftOut: (entry) => notes.add(entry),
    });
    notes.end();
    if (exported.isComplete) await file.finish();
    await conclude(terminal, job, exported, performance.now() - started);
    if (!exported.isComplete) {
      note(
        `stopped after sequence ${formatCount(BigInt(exported.state.done ?? 0))}; go on with: ${resumeCommand(job)}`,
      );
      return SIGNAL_EXIT[stop.received ?? 'SIGINT'];
    }
    return exported.state.leftOut > 0 ? EXIT.findings : EXIT.ok;
  } finally {
    await file.close();
  }
}

/** What was not said, from the name of the file. */
function shapeOf({
  output,
  flags,
}: ExportJob): Pick<ExportPlan, 'format' | 'gzip' | 'delimiter' | 'withSequence'> {
  const name = basename(output);
  const isGzipName = /\.gz$/i.test(name);
  const extension = extname(isGzipName ? name.slice(0, -3) : name).toLowerCase();
  const format = flags.format ?? FORMATS[extension];
  if (format === undefined)
    throw new CliError('CLI_USAGE', `the name ${basename(output)} does not say what is to be in the file`, {
      hint: '--format ndjson, csv or entries.',
    });
  if (format !== 'csv') {
    const { delimiter, columns, withSequence } = flags;
    const other = Object.entries({ delimiter, columns, 'with-sequence': withSequence }).find(
      ([, value]) => value !== undefined,
    );
    if (other) throw new CliError('CLI_USAGE', `--${other[0]} is for CSV`);
  }
  return {
    format,
    gzip: flags.gzip ?? isGzipName,
    delimiter: flags.delimiter ?? (extension === '.tsv' ? '\t' : ','),
    withSequence: flags.withSequence ?? false,
  };
}

const FORMATS: Readonly<Record<string, ExportFormatName>> = {
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.tsv': 'csv',
};

/** The state of a run before, when this one goes on with it; refuses to begin over one by accident. */
async function stateBefore(job: ExportJob): Promise<ExportState | undefined> {
  const { output, flags } = job;
  if (flags.restart) return undefined;
  const { partial, state } = partsOf(output);
  if (!(await isThere(partial))) return undefined;
  const found = await loadState(state);
  if (found && flags.resume) return found;
  if (!found)
    throw new CliError('CLI_EXPORT_DIFFERS', `${partial} is there, and nothing that says how far it is`, {
      hint: 'Remove it, or begin the export again with --restart.',
    });
  throw new CliError('CLI_EXPORT_UNFINISHED', `an export to ${output} stopped and is not complete`, {
    hint: `It goes on with: ${resumeCommand(job)}; --restart begins it again.`,
  });
}

/** What is read now, and the entry that it surely ends with. */
async function rangeOf(
  table: Table,
  flags: ExportFlags,
  from: ExportState | undefined,
): Promise<{ readonly range: ReadRange; readonly end: bigint | undefined }> {
  if (from?.done === undefined) {
    const last = await table.lastSequence();
    const { lte, lt, ...bounds } = await toBounds(flags, async () => last);
    // The same end for all runs, however much is appended between them.
    const until = lte ?? (lt === undefined ? last : lt === 0n ? 0n : BigInt(lt) - 1n);
    return { range: { ...bounds, lte: BigInt(until) > last ? last : until }, end: undefined };
  }
  const { last, limit } = from.plan;
  const lte = BigInt(last);
  const range = { gt: BigInt(from.done), lte };
  if (limit === undefined) return { range, end: lte };
  const left = limit - from.entries - from.leftOut;
  return { range: left > 0 ? { ...range, limit: left } : { gt: lte, lte }, end: undefined };
}

/** The bounds as they were given; without the time, which is another one whenever it is counted from now. */
function boundsInWords({ gte, gt, lte, lt, from, to, since, last, limit }: ExportFlags): string {
  return toJson({
    gte: gte ?? from,
    gt,
    lte: lte ?? to,
    lt,
    since: since === undefined ? undefined : true,
    last,
    limit,
  });
}

/** Refuses to go on with something else. What was not given is as it was. */
function requireSame(
  plan: ExportPlan,
  given: Omit<ExportPlan, 'columns' | 'last' | 'limit'>,
  flags: ExportFlags,
): void {
  const hasBounds = given.range !== '{}';
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['log', plan.log, given.log],
    ['table', plan.table, given.table],
    ['bounds', plan.range, hasBounds ? given.range : plan.range],
    ['--format', plan.format, flags.format ?? plan.format],
    ['--gzip', plan.gzip, flags.gzip ?? plan.gzip],
    ['--delimiter', plan.delimiter, flags.delimiter ?? plan.delimiter],
    ['--columns', plan.columns?.join(), (flags.columns ?? plan.columns)?.join()],
    ['--with-sequence', plan.withSequence, flags.withSequence ?? plan.withSequence],
  ];
  const other = pairs.find(([, was, is]) => was !== is);
  if (!other) return;
  throw new CliError(
    'CLI_EXPORT_DIFFERS',
    `this export began with ${other[0]} ${other[1]}, not ${other[2]}`,
    {
      hint: 'With --resume leave the options out: they are remembered. --restart begins again.',
    },
  );
}

/** The columns of a CSV; undefined for another format, null when it was stopped meanwhile. */
async function columnsOf(
  table: Table,
  range: ReadRange,
  format: ExportFormatName,
  flags: ExportFlags,
  signal: AbortSignal,
): Promise<readonly string[] | undefined | null> {
  if (format !== 'csv') return undefined;
  const columns = flags.columns ?? (await findColumns(table, range, signal));
  if (columns === undefined) return null;
  if (columns.length > MOST_COLUMNS)
    throw new CliError(
      'CLI_USAGE',
      `the entries have ${formatCount(columns.length)} fields, too many for columns`,
      {
        hint: 'Name those that you want with --columns.',
      },
    );
  return columns;
}

async function conclude(
  terminal: Terminal,
  { output, table, flags }: ExportJob,
  { isComplete, state }: Exported,
  ms: number,
): Promise<void> {
  const { entries, leftOut, bytes, done } = state;
  const { format } = state.plan;
  if (flags.json)
    await terminal.out.line(
      toJson({
        outcome: isComplete ? 'complete' : 'stopped',
        output,
        table,
        format,
        entries,
        leftOut,
        bytes,
        lastSequence: done === undefined ? null : BigInt(done),
        seconds: Number((ms / 1000).toFixed(3)),
      }),
    );
  else if (!flags.quiet && isComplete) {
    const left = leftOut > 0 ? `, ${formatCount(leftOut)} left out` : '';
    await terminal.out.line(
      `${plural(entries, 'entry', 'entries')}${left}, ${formatBytes(bytes)} in ${formatDuration(ms)}, to ${showable(output)}`,
    );
  }
  await terminal.out.flush();
}

function resumeCommand({ dir, table, output, flags: { region } }: ExportJob): string {
  const ids = region === undefined ? [] : [`--region=${region}`];
  return shellCommand(['shale', 'export', pathWord(dir), table, pathWord(output), ...ids, '--resume']);
}

/** Tells the first entries that are left out. */
class LeftOutNotes {
  readonly #note: (text: string) => void;
  #count = 0;

  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  add({ sequence, problem }: LeftOut): void {
    this.#count += 1;
    if (this.#count <= SHOWN) this.#note(`entry ${formatCount(sequence)} is left out: ${problem}`);
  }

  end(): void {
    if (this.#count > SHOWN) this.#note(`${formatCount(this.#count - SHOWN)} more entries are left out`);
    if (this.#count > 0) this.#note('--format entries takes all of them, whatever they are');
  }
}

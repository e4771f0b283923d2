import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type Wal, WalError } from '@shale/engine';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { chooseOptions, DEFAULT_MAX_LINE_BYTES } from '../ingest/choose-options.js';
import type { Encoding } from '../ingest/encoding.js';
import { type IngestResult, runIngest } from '../ingest/ingest.js';
import { Journal, listJournals } from '../ingest/journal.js';
import type { JournaledOptions } from '../ingest/journal-records.js';
import { NO_DISPLAY, type ProgressDisplay, showProgress } from '../ingest/progress.js';
import type { Reject } from '../ingest/record.js';
import { besideDirectory, type RejectPlace } from '../ingest/reject-path.js';
import { type Intent, planRun } from '../ingest/resume-plan.js';
import { closeSource, openSource, type Source } from '../ingest/source.js';
import { StopSignals } from '../ingest/stop-signals.js';
import { summaryAsJson, summaryForPeople } from '../ingest/summary.js';
import { pathWord, shellCommand } from '../output/shell-word.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount } from '../output/units.js';
import { parseBytes, parseCount, parseDelimiter } from './arguments.js';
import { openOrCreate } from './open-log.js';

/** Rejected lines that are shown one by one; the others are only counted, and kept in the file. */
const SHOWN_REJECTS = 10;
/**
 * The ingest bounds what is on its way by itself, and a line may be as long as `--max-line` says: the log's bounds
 * stay out of its way.
 */
const LOG_BOUNDS = { maxQueuedAppends: 2 ** 20, maxInFlightBytes: 2 ** 31 };

interface IngestFlags extends Partial<Intent> {
  readonly format?: JournaledOptions['format'];
  readonly table?: string;
  readonly tableBy?: string;
  readonly raw?: boolean;
  readonly delimiter?: string;
  readonly lossless?: boolean;
  readonly encoding?: Encoding;
  readonly maxLine?: number;
  readonly name?: string;
  readonly rejects?: string;
  readonly allowRejects?: boolean;
  readonly durability: 'sync' | 'os';
  readonly shards?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `shale ingest`. */
export function ingestCommand(
  terminal: Terminal,
  stdin: Readable,
  done: (exitCode: number) => void,
): Command {
  return new Command('ingest')
    .summary('read NDJSON, CSV or plain lines into tables')
    .description(
      'Reads NDJSON, CSV or plain lines from a file or standard input into tables, each line as one entry. ' +
        'An ingest that was stopped, even by kill -9, goes on with --resume, every line once and only once.',
    )
    .argument('<dir>', 'directory of the log; created if it is not there')
    .argument('[input]', 'a file, or - for standard input', '-')
    .addOption(
      new Option('-f, --format <format>', 'format of the input (default: by its extension)').choices([
        'ndjson',
        'json',
        'csv',
        'lines',
      ]),
    )
    .option('-t, --table <name>', "table for all entries (default: the file's base name)")
    .option('-b, --table-by <field>', 'field or column whose value names the table of each entry')
    .option('--raw', "CSV: keep each record's text instead of a JSON object of the row")
    .option(
      '--delimiter <char>',
      'CSV: character between fields (default: found among , ; tab |)',
      parseDelimiter,
    )
    .addOption(
      new Option('--encoding <name>', 'how the text is written (default: by its byte order mark)').choices([
        'utf-8',
        'utf-16le',
        'utf-16be',
      ]),
    )
    .option('--lossless', 'keep carriage returns at line ends, and empty lines as empty entries')
    .option(
      '--max-line <bytes>',
      `longest line; longer ones are rejected (default: ${formatBytes(DEFAULT_MAX_LINE_BYTES)})`,
      parseBytes,
    )
    .option('--resume', 'go on where an earlier ingest of the same input stopped')
    .option('--restart', 'begin an unfinished ingest at line 1; what is already in stays in')
    .option('--again', 'ingest an input once more that is already in')
    .option('--name <name>', "name of this ingest in the journal (default: the input's path)")
    .option('--rejects <file>', 'file for rejected lines (default: beside the directory)')
    .option('--allow-rejects', 'exit with 0 even if lines were rejected')
    .addOption(
      new Option('--durability <level>', 'acknowledge after a sync, or once the operating system has it')
        .choices(['sync', 'os'])
        .default('sync'),
    )
    .option('--shards <n>', 'worker threads', parseCount)
    .option('--json', 'print the summary as JSON')
    .option('-q, --quiet', 'no progress, no notes, no summary; errors only')
    .addHelpText(
      'after',
      `
Examples:
  shale ingest ./data metrics.ndjson --table-by host
  shale ingest ./data metrics.ndjson --resume
  shale ingest ./data prices.csv --table-by symbol
  journalctl -o json | shale ingest ./data - --table-by _SYSTEMD_UNIT
  zcat app.log.gz | shale ingest ./data - --table app --name app.log.gz`,
    )
    .action(async (dir: string, input: string, flags: IngestFlags) => {
      done(await ingest(terminal, stdin, dir, input, flags));
    });
}

async function ingest(
  terminal: Terminal,
  stdin: Readable,
  dir: string,
  input: string,
  flags: IngestFlags,
): Promise<number> {
  if (input === '-' && 'isTTY' in stdin && stdin.isTTY === true) {
    throw new CliError('CLI_USAGE', 'nothing to read: standard input is the terminal', {
      hint: 'Name a file, or pipe something in.',
    });
  }
  const quiet = flags.quiet === true;
  let display: ProgressDisplay = quiet ? NO_DISPLAY : { note: (text) => terminal.note(text), stop: () => {} };
  using stop = new StopSignals((signal, time) => {
    if (!quiet)
      display.note(
        time === 'first'
          ? `${signal}: finishing what was read; again to stop at once`
          : `${signal} again: stopped at once; --resume goes on after the last checkpoint`,
      );
  });
  const source = await openSource(input, stdin);
  try {
    await using wal = await openOrCreate(
      dir,
      {
        durability: flags.durability,
        ...LOG_BOUNDS,
        ...(flags.shards === undefined ? {} : { shards: flags.shards }),
      },
      terminal,
    );
    const started = performance.now();
    const prepared = await prepare(wal, source, dir, input, flags);
    const shown = new RejectNotes((text) => display.note(text));
    const result = await runIngest({
      ...prepared,
      wal,
      source,
      durability: flags.durability,
      signal: stop.signal,
      onNote: (text) => {
        if (!quiet) display.note(text);
      },
      onReject: (reject) => shown.add(reject),
      onStart: (view, begun, { encoding = 'utf-8' }) => {
        if (quiet) return;
        if (prepared.from)
          terminal.note(`going on after line ${formatCount(begun.line)} (byte ${formatCount(begun.offset)})`);
        else if (flags.resume) terminal.note('nothing to resume: beginning at line 1');
        display = showProgress(terminal, {
          view,
          begun,
          // What is decoded is counted as it is then.
          totalBytes: source.kind === 'file' && encoding === 'utf-8' ? source.size : undefined,
        });
      },
    }).finally(() => display.stop());
    shown.end(result);
    const seconds = (performance.now() - started) / 1000;
    if (flags.json) await terminal.out.line(summaryAsJson(prepared.name, result, seconds));
    else if (!quiet && result.outcome !== 'failed')
      await terminal.out.line(summaryForPeople(result, seconds, terminal.outColors));
    await terminal.out.flush();
    return conclude(terminal, result, stop, { quiet, dir, input, flags });
  } finally {
    await closeSource(source);
  }
}

/** Finds out whether this ingest ran before, and decides how to begin. */
async function prepare(wal: Wal, source: Source, dir: string, input: string, flags: IngestFlags) {
  const name = flags.name ?? source.name;
  const given = givenOptions(flags);
  const journal = new Journal(wal, name);
  const { resume = false, restart = false, again = false } = flags;
  // Beginning again reads nothing from the journal, so a damaged one does not matter.
  const state = await journal.load().catch((error: unknown) => {
    if (restart && isUnreadable(error)) return undefined;
    throw error;
  });
  const plan = planRun(
    state,
    { resume, restart, again },
    {
      input: input === '-' ? 'standard input' : input,
      source: source.kind,
      resumeCommand: resumeCommand(dir, input, flags),
      given,
      otherUnfinished: resume && !state ? await unfinishedNames(wal) : [],
    },
  );
  const from = plan.kind === 'resume' ? plan.from : undefined;
  return {
    journal,
    name,
    from,
    options: from?.start.options ?? chooseOptions(given, input, dir),
    rejects: rejectPlace(dir, input, flags),
  };
}

function rejectPlace(dir: string, input: string, { rejects, name }: IngestFlags): RejectPlace {
  if (rejects !== undefined) return { path: resolve(rejects), taken: 'refuse' };
  return besideDirectory(dir, name ?? (input === '-' ? 'stdin' : basename(input)));
}

/** What goes on with this ingest, as a shell takes it. */
function resumeCommand(dir: string, input: string, { name, rejects }: IngestFlags): string {
  return shellCommand([
    'shale',
    'ingest',
    pathWord(dir),
    pathWord(input),
    ...(name === undefined ? [] : [`--name=${name}`]),
    ...(rejects === undefined ? [] : [`--rejects=${rejects}`]),
    '--resume',
  ]);
}

/** Whether a journal holds what no version of it wrote. */
function isUnreadable(error: unknown): boolean {
  return error instanceof WalError && (error.code === 'SHALE_CORRUPT' || error.code === 'SHALE_PAYLOAD');
}

async function unfinishedNames(wal: Wal): Promise<string[]> {
  const states = await listJournals(wal);
  return states.filter((state) => state.checkpoint?.state !== 'complete').map((state) => state.start.name);
}

function givenOptions(flags: IngestFlags): Partial<JournaledOptions> {
  const { format, table, tableBy, raw, delimiter, lossless, encoding, maxLine } = flags;
  return {
    ...(format === undefined ? {} : { format }),
    ...(table === undefined ? {} : { table }),
    ...(tableBy === undefined ? {} : { tableBy }),
    ...(raw === undefined ? {} : { raw }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(lossless === undefined ? {} : { lossless }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(maxLine === undefined ? {} : { maxLineBytes: maxLine }),
  };
}

/** The last word on standard error, and the exit code. */
function conclude(
  terminal: Terminal,
  result: IngestResult,
  stop: StopSignals,
  { quiet, dir, input, flags }: { quiet: boolean; dir: string; input: string; flags: IngestFlags },
): number {
  const { durable } = result;
  const where = `everything up to line ${formatCount(durable.line)} (byte ${formatCount(durable.offset)}) is durable`;
  const command = resumeCommand(dir, input, flags);
  const again =
    input === '-' ? `give the same input again from its beginning to: ${command}` : `go on with: ${command}`;
  if (result.outcome === 'failed') {
    if (!quiet && durable.line > 0) terminal.note(`not complete: ${where}; ${again}`);
    throw result.error;
  }
  if (result.outcome === 'stopped') {
    if (!quiet) terminal.note(`stopped: ${where}; ${again}`);
    return SIGNAL_EXIT[stop.received ?? 'SIGINT'];
  }
  return durable.rejected > 0 && !flags.allowRejects ? EXIT.findings : EXIT.ok;
}

/** Shows the first rejects one by one. */
class RejectNotes {
  readonly #note: (text: string) => void;
  #count = 0;

  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  add({ line, message }: Pick<Reject, 'line' | 'message'>): void {
    this.#count += 1;
    if (this.#count <= SHOWN_REJECTS) this.#note(`line ${line} rejected: ${message}`);
  }

  end(result: IngestResult): void {
    if (this.#count > SHOWN_REJECTS)
      this.#note(
        `${formatCount(this.#count - SHOWN_REJECTS)} more rejected lines are in ${result.rejectFile}`,
      );
  }
}

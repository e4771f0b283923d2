import type { Readable } from 'node:stream';
import { type Wal, WalError } from '@shale/engine';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { type ChosenOptions, chooseOptions, commandInPipe } from '../ingest/choose-options.js';
import { type IngestResult, runIngest } from '../ingest/ingest.js';
import { Journal, listJournals } from '../ingest/journal.js';
import type { JournalState } from '../ingest/journal-records.js';
import { NO_DISPLAY, type ProgressDisplay, showProgress } from '../ingest/progress.js';
import type { Reject } from '../ingest/record.js';
import { planRun } from '../ingest/resume-plan.js';
import { closeSource, lookUpSource, openSource, type Source } from '../ingest/source.js';
import type { StopSignals } from '../ingest/stop-signals.js';
import { summaryAsJson, summaryForPeople } from '../ingest/summary.js';
import { showable } from '../output/showable.js';
import type { Terminal } from '../output/terminal.js';
import { formatCount, plural } from '../output/units.js';
import { givenOptions, type IngestJob, rejectPlace, resumeCommand } from './ingest-flags.js';

/** Rejected lines that are shown one by one; the others are only counted, and kept in the file. */
const SHOWN_REJECTS = 10;

/** What all inputs of a command have in common. */
export interface Ingesting {
  readonly terminal: Terminal;
  readonly stdin: Readable;
  readonly wal: Wal;
  readonly job: IngestJob;
  readonly stop: StopSignals;
  /** From now on, notes of others go this way, too. */
  noteBy(note: (text: string) => void): void;
}

/** How the ingest of an input begins. */
interface PlannedInput {
  readonly journal: Journal;
  readonly name: string;
  readonly from: JournalState | undefined;
  readonly options: ChosenOptions;
}

/** Ingests one input, and says what came of it. Resolves with its exit code. */
export async function ingestInput(ingesting: Ingesting, input: string): Promise<number> {
  const { terminal, stdin, wal, job, stop } = ingesting;
  const { dir, flags } = job;
  const quiet = flags.quiet === true;
  const isOneOfMany = job.inputs.length > 1;
  let display: ProgressDisplay = quiet ? NO_DISPLAY : { note: (text) => terminal.note(text), stop: () => {} };
  ingesting.noteBy((text) => display.note(text));
  const source = await openSource(input, stdin);
  try {
    const started = performance.now();
    const prepared = await planInput(ingesting, input, source);
    if (isOneOfMany) display.note(`reading ${showable(input)}`);
    const shown = new RejectNotes((text) => display.note(text));
    const result = await runIngest({
      ...prepared,
      rejects: rejectPlace(dir, input, flags),
      wal,
      source,
      durability: flags.durability,
      final: flags.final === true,
      signal: stop.signal,
      inPipe: (program) => commandInPipe(givenOptions(flags), { directory: dir, path: input, program }),
      onNote: (text) => {
        if (!quiet) display.note(text);
      },
      onReading: (reading) => {
        if (!quiet) display.note(`read as ${reading}`);
      },
      onReject: (reject) => shown.add(reject),
      onStart: (view, begun, { encoding = 'utf-8', compression = 'none' }) => {
        if (quiet) return;
        if (prepared.from)
          terminal.note(`going on after line ${formatCount(begun.line)} (byte ${formatCount(begun.offset)})`);
        else if (flags.resume) terminal.note('nothing to resume: beginning at line 1');
        // What is decoded is counted as it is then.
        const isPlain = encoding === 'utf-8' && compression === 'none';
        display = showProgress(terminal, {
          view,
          begun,
          totalBytes: source.kind === 'file' && isPlain ? source.size : undefined,
        });
      },
    }).finally(() => display.stop());
    shown.end(result);
    const seconds = (performance.now() - started) / 1000;
    if (flags.json) await terminal.out.line(summaryAsJson(prepared.name, result, seconds));
    else if (!quiet && result.outcome !== 'failed') {
      if (isOneOfMany) await terminal.out.line(`${showable(input)}:`);
      await terminal.out.line(summaryForPeople(result, seconds, terminal.outColors));
    }
    await terminal.out.flush();
    return conclude(ingesting, result, input);
  } finally {
    await closeSource(source);
  }
}

/** Finds out whether the ingest of an input ran before, and decides how to begin; or refuses. */
export async function planInput(
  { wal, job }: Ingesting,
  input: string,
  source?: Pick<Source, 'kind' | 'name'>,
): Promise<PlannedInput> {
  const { flags } = job;
  const { kind, name: path } = source ?? (await lookUpSource(input));
  const name = flags.name ?? path;
  const given = givenOptions(flags);
  const journal = new Journal(wal, name);
  const { resume = false, restart = false, again = false } = flags;
  // Beginning again reads nothing from the journal, so a damaged one does not matter.
  const state = await journal.load().catch((error: unknown) => {
    if (restart && isUnreadable(error)) return undefined;
    throw error;
  });
  const isAlone = job.inputs.length === 1;
  const plan = planRun(
    state,
    { resume, restart, again },
    {
      input: input === '-' ? 'standard input' : input,
      source: kind,
      resumeCommand: resumeCommand(job),
      given,
      // One of many may be new.
      otherUnfinished: resume && !state && isAlone ? await unfinishedNames(wal) : [],
    },
  );
  const from = plan.kind === 'resume' ? plan.from : undefined;
  return { journal, name, from, options: from?.start.options ?? chooseOptions(given, input) };
}

/** Whether a journal holds what no version of it wrote. */
function isUnreadable(error: unknown): boolean {
  return error instanceof WalError && (error.code === 'SHALE_CORRUPT' || error.code === 'SHALE_PAYLOAD');
}

async function unfinishedNames(wal: Wal): Promise<string[]> {
  const states = await listJournals(wal);
  return states.filter((state) => state.checkpoint?.state !== 'complete').map((state) => state.start.name);
}

/** The last word on standard error, and the exit code. */
function conclude({ terminal, job, stop }: Ingesting, result: IngestResult, input: string): number {
  const { durable } = result;
  const { flags } = job;
  const of = job.inputs.length > 1 ? ` of ${showable(input)}` : '';
  const where = `everything up to line ${formatCount(durable.line)}${of} (byte ${formatCount(durable.offset)}) is durable`;
  const command = resumeCommand(job);
  const again =
    input === '-' ? `give the same input again from its beginning to: ${command}` : `go on with: ${command}`;
  if (result.outcome === 'failed') {
    if (!flags.quiet && (durable.line > 0 || of !== '')) terminal.note(`not complete: ${where}; ${again}`);
    throw result.error;
  }
  if (result.outcome === 'waiting') {
    if (!flags.quiet) {
      const bytes = plural(result.waiting, 'byte');
      terminal.note(
        `the last line${of} (${bytes} behind line ${formatCount(durable.line)}) has no end, and was not taken; when it has one, ${again}; as it is it is taken with: ${command} --final`,
      );
    }
    return EXIT.findings;
  }
  if (result.outcome === 'stopped') {
    if (!flags.quiet) terminal.note(`stopped: ${where}; ${again}`);
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

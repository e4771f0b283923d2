import { CliError } from '../cli-error.js';
import { formatCount } from '../output/units.js';
import type { JournaledOptions, JournalState } from './journal-records.js';

/** What the user asked for about an ingest that may have run before. */
export interface Intent {
  readonly resume: boolean;
  readonly restart: boolean;
  readonly again: boolean;
}

/** How a run begins. */
export type Plan =
  | { readonly kind: 'fresh' }
  /** Go on where the journal says. */
  | { readonly kind: 'resume'; readonly from: JournalState };

/** Decides how to begin, or refuses because going on could lose or repeat lines. */
export function planRun(
  state: JournalState | undefined,
  intent: Intent,
  context: {
    /** How messages name the input. */
    readonly input: string;
    readonly source: 'file' | 'stream';
    /** Options that were given, as opposed to left to defaults. */
    readonly given: Partial<JournaledOptions>;
    /** Names of other ingests in this log that are not complete. */
    readonly otherUnfinished: readonly string[];
  },
): Plan {
  const { input } = context;
  if (Number(intent.resume) + Number(intent.restart) + Number(intent.again) > 1) {
    throw new CliError('CLI_USAGE', 'at most one of --resume, --restart and --again makes sense');
  }
  if (!state) {
    if (intent.resume && context.otherUnfinished.length > 0) {
      throw new CliError('CLI_INGEST_UNFINISHED', `there is no ingest of ${input} to resume`, {
        hint: `Unfinished here: ${context.otherUnfinished.join(', ')}. If it is one of these under another path, give it with --name.`,
      });
    }
    return { kind: 'fresh' };
  }
  const line = formatCount(state.checkpoint?.progress.line ?? 0);
  if (state.checkpoint?.state === 'complete') {
    if (intent.again || intent.restart) return { kind: 'fresh' };
    if (intent.resume) return resume(state, context);
    // What comes through a pipe is new unless the user says otherwise.
    if (context.source === 'stream') return { kind: 'fresh' };
    throw new CliError('CLI_INGEST_FINISHED', `${input} is already in this log, all ${line} lines of it`, {
      hint: '--resume takes lines that were added since; --again appends everything once more.',
    });
  }
  // A run that ended before it wrote anything, such as one with a wrong option, leaves nothing to care for.
  if (state.tables.length === 0 && (state.checkpoint?.progress.offset ?? 0) === 0) return { kind: 'fresh' };
  if (intent.restart) return { kind: 'fresh' };
  if (intent.resume) return resume(state, context);
  throw new CliError(
    'CLI_INGEST_UNFINISHED',
    `an ingest of ${input} stopped after line ${line} and is not complete`,
    {
      hint: '--resume goes on exactly there; --restart begins at line 1 and leaves what is already in.',
    },
  );
}

function resume(
  state: JournalState,
  context: { input: string; source: 'file' | 'stream'; given: Partial<JournaledOptions> },
): Plan {
  const recorded = state.start.options;
  for (const key of Object.keys(context.given) as (keyof JournaledOptions)[]) {
    const given = context.given[key];
    if (given === undefined || given === recorded[key]) continue;
    throw new CliError(
      'CLI_INGEST_DIFFERS',
      `this ingest began with ${OPTION_NAMES[key]} ${show(recorded[key])}, not ${show(given)}`,
      { hint: 'With --resume leave the options out: they are remembered.' },
    );
  }
  if (state.start.source !== context.source) {
    throw new CliError(
      'CLI_INGEST_DIFFERS',
      `${context.input} was a ${state.start.source} when this ingest began`,
    );
  }
  return { kind: 'resume', from: state };
}

const OPTION_NAMES: Record<keyof JournaledOptions, string> = {
  format: '--format',
  tableBy: '--table-by',
  table: '--table',
  raw: '--raw',
  delimiter: '--delimiter',
  lossless: '--lossless',
  maxLineBytes: '--max-line',
};

function show(value: unknown): string {
  return value === undefined ? '(not given)' : String(value);
}

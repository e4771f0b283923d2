import { CliError } from '../cli-error.js';
import { shellWord } from '../output/shell-word.js';
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
    /** The command that goes on with this ingest. */
    readonly resumeCommand: string;
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
        hint: `If it is one that is unfinished here, under another path, give its name: ${context.otherUnfinished.map((name) => shellWord(`--name=${name}`)).join(', ')}`,
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
  if (intent.restart) return { kind: 'fresh' };
  if (tookNothing(state)) {
    // A wrong option can be put right then; options that are left out are the recorded ones.
    const goesOn = intent.resume && difference(state, context) === undefined;
    return goesOn ? { kind: 'resume', from: state } : { kind: 'fresh' };
  }
  if (intent.resume) return resume(state, context);
  throw new CliError(
    'CLI_INGEST_UNFINISHED',
    `an ingest of ${input} stopped after line ${line} and is not complete`,
    {
      hint: `It goes on exactly there with: ${context.resumeCommand}`,
    },
  );
}

function resume(state: JournalState, context: ResumeContext): Plan {
  const differs = difference(state, context);
  if (differs) throw differs;
  return { kind: 'resume', from: state };
}

interface ResumeContext {
  readonly input: string;
  readonly source: 'file' | 'stream';
  readonly given: Partial<JournaledOptions>;
}

/** Whether a run ended before it took anything of its input: nothing is in, and nothing can be. */
function tookNothing({ tables, checkpoint }: JournalState): boolean {
  return tables.length === 0 && (checkpoint?.progress.offset ?? 0) === 0;
}

/** What a run would do otherwise than the one that it is to go on with. */
function difference(
  { start }: JournalState,
  { input, source, given: options }: ResumeContext,
): CliError | undefined {
  const recorded = start.options;
  for (const key of Object.keys(options) as (keyof JournaledOptions)[]) {
    const given = options[key];
    if (given === undefined || isSame(given, recorded[key] ?? UNSAID[key])) continue;
    return new CliError(
      'CLI_INGEST_DIFFERS',
      `this ingest began with ${OPTION_NAMES[key]} ${show(recorded[key])}, not ${show(given)}`,
      { hint: 'With --resume leave the options out: they are remembered.' },
    );
  }
  if (start.source === source) return undefined;
  const was = start.source === 'file' ? 'a file' : 'standard input or a pipe';
  return new CliError('CLI_INGEST_DIFFERS', `${input} was ${was} when this ingest began`, {
    hint: 'Give the input in the same way.',
  });
}

/** What options are that a journal says nothing of. */
const UNSAID: Partial<JournaledOptions> = {
  encoding: 'utf-8',
  lineEnd: 'lf',
  compression: 'none',
  quote: '"',
  escapedBy: '"',
  trim: false,
  header: true,
};

function isSame(given: unknown, recorded: unknown): boolean {
  return JSON.stringify(given) === JSON.stringify(recorded);
}

const OPTION_NAMES: Record<keyof JournaledOptions, string> = {
  format: '--format',
  tableBy: '--table-by',
  table: '--table',
  raw: '--raw',
  delimiter: '--delimiter',
  quote: '--quote',
  escapedBy: '--escape',
  trim: '--trim',
  header: '--header',
  columns: '--columns',
  lineEnd: 'line ends',
  layout: 'layout',
  encoding: '--encoding',
  compression: '--compression',
  lossless: '--lossless',
  maxLineBytes: '--max-line',
};

function show(value: unknown): string {
  return value === undefined ? '(not given)' : String(value);
}

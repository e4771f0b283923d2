import { basename, resolve } from 'node:path';
import type { WalOptions } from '@shale/engine';
import { CliError } from '../cli-error.js';
import type { Encoding } from '../ingest/encoding.js';
import type { JournaledOptions } from '../ingest/journal-records.js';
import { besideDirectory, type RejectPlace } from '../ingest/reject-path.js';
import type { Intent } from '../ingest/resume-plan.js';
import { pathWord, shellCommand } from '../output/shell-word.js';

/** What `shale ingest` was told by its options. */
export interface IngestFlags extends Partial<Intent> {
  readonly format?: JournaledOptions['format'];
  readonly table?: string;
  readonly tableBy?: string;
  readonly raw?: boolean;
  readonly delimiter?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly trim?: boolean;
  readonly header?: boolean;
  readonly columns?: readonly string[];
  readonly lossless?: boolean;
  readonly encoding?: Encoding;
  readonly compression?: NonNullable<JournaledOptions['compression']>;
  readonly maxLine?: number;
  readonly name?: string;
  readonly rejects?: string;
  readonly allowRejects?: boolean;
  readonly durability: 'sync' | 'os';
  readonly shards?: number;
  readonly follow?: boolean;
  readonly every?: number;
  readonly once?: boolean;
  readonly final?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** A command line of `shale ingest`. */
export interface IngestJob {
  readonly dir: string;
  /** As they were given. */
  readonly arguments: readonly string[];
  /** What these name. */
  readonly inputs: readonly string[];
  readonly flags: IngestFlags;
}

/**
 * The ingest bounds what is on its way by itself, and a line may be as long as `--max-line` says: the log's bounds
 * stay out of its way.
 */
const LOG_BOUNDS = { maxQueuedAppends: 2 ** 20, maxInFlightBytes: 2 ** 31 };

/** How the log is opened. */
export function logOptions({ durability, shards }: IngestFlags): WalOptions {
  return { durability, ...LOG_BOUNDS, ...(shards === undefined ? {} : { shards }) };
}

/** The options of how an input is read that were given. */
export function givenOptions(flags: IngestFlags): Partial<JournaledOptions> {
  const { format, table, tableBy, raw, delimiter, lossless, encoding, compression, maxLine } = flags;
  const {
    quote,
    escape: escapedBy,
    trim,
    columns,
    header = columns === undefined ? undefined : false,
  } = flags;
  return {
    ...(format === undefined ? {} : { format }),
    ...(table === undefined ? {} : { table }),
    ...(tableBy === undefined ? {} : { tableBy }),
    ...(raw === undefined ? {} : { raw }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote }),
    ...(escapedBy === undefined ? {} : { escapedBy }),
    ...(trim === undefined ? {} : { trim }),
    ...(header === undefined ? {} : { header }),
    ...(columns === undefined ? {} : { columns }),
    ...(lossless === undefined ? {} : { lossless }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(compression === undefined ? {} : { compression }),
    ...(maxLine === undefined ? {} : { maxLineBytes: maxLine }),
  };
}

/** What goes on with this ingest, as a shell takes it. */
export function resumeCommand({ dir, arguments: inputs, flags: { name, rejects } }: IngestJob): string {
  return shellCommand([
    'shale',
    'ingest',
    pathWord(dir),
    ...inputs.map(pathWord),
    ...(name === undefined ? [] : [`--name=${name}`]),
    ...(rejects === undefined ? [] : [`--rejects=${rejects}`]),
    '--resume',
  ]);
}

/** Where the rejects of an input go. */
export function rejectPlace(dir: string, input: string, { rejects, name }: IngestFlags): RejectPlace {
  if (rejects !== undefined) return { path: resolve(rejects), taken: 'refuse' };
  return besideDirectory(dir, name ?? (input === '-' ? 'stdin' : basename(input)));
}

/** Refuses what is of one input with several of them. */
export function requireOne({ inputs, flags }: IngestJob): void {
  if (inputs.length < 2) return;
  const option = flags.name !== undefined ? '--name' : flags.rejects !== undefined ? '--rejects' : undefined;
  if (option !== undefined)
    throw new CliError('CLI_USAGE', `${option} is for one input, and there are ${inputs.length}`);
  if (inputs.includes('-'))
    throw new CliError('CLI_USAGE', 'standard input is not taken together with other inputs');
}

/** Refuses options of following without it, and those of one ingest with it. */
export function requireFollowing({ arguments: given, flags }: Omit<IngestJob, 'inputs'>): void {
  const { follow, every, once, final } = flags;
  if (!follow) {
    const option = every !== undefined ? '--every' : once ? '--once' : undefined;
    if (option !== undefined) throw new CliError('CLI_USAGE', `${option} is for --follow`);
    return;
  }
  if (given.includes('-')) throw new CliError('CLI_USAGE', 'files are followed, and standard input is none');
  const { name, rejects, resume, restart, again, compression, encoding } = flags;
  const others = { name, rejects, restart, again, compression, encoding };
  const other = Object.entries(others).find(([, value]) => value !== undefined && value !== false);
  if (other) throw new CliError('CLI_USAGE', `--${other[0]} is not for --follow`);
  if (resume) throw new CliError('CLI_USAGE', '--follow goes on by itself, without --resume');
  if (final && !once)
    throw new CliError('CLI_USAGE', '--final takes a last line without its end, with --once only', {
      hint: 'Without --once the rest of the line may still come.',
    });
}

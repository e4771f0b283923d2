import { setTimeout as sleep } from 'node:timers/promises';
import type { Wal } from '@shale/engine';
import { CliError } from '../cli-error.js';
import { chooseOptions } from '../ingest/choose-options.js';
import { looksCompressed } from '../ingest/compression.js';
import { headOf, readAt } from '../ingest/fingerprint.js';
import { type IngestResult, runIngest } from '../ingest/ingest.js';
import { findInputs } from '../ingest/inputs.js';
import { Journal, listJournals } from '../ingest/journal.js';
import type { JournaledOptions } from '../ingest/journal-records.js';
import type { Reject } from '../ingest/record.js';
import { besideDirectory, type RejectPlace } from '../ingest/reject-path.js';
import { planRun } from '../ingest/resume-plan.js';
import { cover } from './cover.js';
import { FileSet } from './file-set.js';
import { Generation } from './generation.js';
import { hasLineEnd } from './line.js';

/** Bytes by which it shows that a file is compressed. */
const LOOK_BYTES = 16;

/** How files are followed. */
export interface FollowOptions {
  readonly wal: Wal;
  readonly directory: string;
  /** Files, patterns and directories, as they were given. */
  readonly inputs: readonly string[];
  readonly given: Partial<JournaledOptions>;
  readonly durability: 'sync' | 'os';
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** One look, and no more. */
  readonly once: boolean;
  /** With `once`: a last line without its end is taken, too. */
  readonly final: boolean;
  readonly signal: AbortSignal;
  onNote(text: string): void;
  onReject(path: string, reject: Pick<Reject, 'line' | 'message'>): void;
}

/** How far a file was taken. */
export interface FollowedFile {
  readonly path: string;
  readonly name: string;
  /** Lines, bytes and entries from the beginning of the file. */
  readonly line: number;
  readonly offset: number;
  readonly entries: number;
  readonly rejected: number;
}

/** What came of following. */
export interface FollowResult {
  /** Those that something was taken of. */
  readonly files: readonly FollowedFile[];
  /** Of this run. */
  readonly lines: number;
  readonly entries: number;
  readonly rejected: number;
  /** Files that could not be read. */
  readonly failed: number;
}

/**
 * Takes what is added to files, as it comes, one file after the other: each is an ingest that goes on again and again, so
 * that a kill at any moment neither loses nor repeats a line.
 */
export async function follow(options: FollowOptions): Promise<FollowResult> {
  const { wal, inputs, directory, signal } = options;
  const known = (await listJournals(wal)).filter(({ start }) => start.source === 'file');
  const generations = known.map((state) => new Generation(state.start.name, state));
  const set = new FileSet(generations, options.onNote);
  const totals = new Totals();
  try {
    for (;;) {
      await set.look(await findInputs(inputs, directory, true));
      for (const generation of inOrder(set.generations)) {
        if (signal.aborted) break;
        await take(generation, options, totals);
      }
      if (signal.aborted || options.once) break;
      await sleep(options.everyMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
    }
  } finally {
    await set.close();
  }
  return totals.result(set.generations);
}

/** Those that may have something, in the order of their last change; before them what a kill left in doubt. */
function inOrder(generations: readonly Generation[]): Generation[] {
  return generations
    .filter(({ isBehind, isGone }) => isBehind || isGone)
    .sort((a, b) => Number(b.isInDoubt) - Number(a.isInDoubt) || modified(a) - modified(b));
}

function modified({ file }: Generation): number {
  return file?.modifiedMs ?? 0;
}

/** Takes what a file has now. */
async function take(generation: Generation, options: FollowOptions, totals: Totals): Promise<void> {
  if (generation.isBehind) {
    try {
      await takeLines(generation, options, totals);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      if (error.code === 'CLI_INPUT_CHANGED') {
        // It was cut short since the look: the next one finds that out.
        generation.isStale = true;
        return;
      }
      generation.failure = error;
      options.onNote(`${generation.path} is left out: ${error.message} (${error.code})`);
    }
  }
  if (!generation.isGone) return;
  await generation.close();
  generation.state = 'missing';
}

async function takeLines(generation: Generation, options: FollowOptions, totals: Totals): Promise<void> {
  const { wal, durability, signal, given } = options;
  const { file, handle } = generation;
  if (!file || !handle) return;
  generation.read = file;
  if (generation.coveredBy) return cover(wal, generation, generation.coveredBy);
  const isLast = generation.isGone || (options.once && options.final);
  if (!generation.journaled && looksCompressed(await readAt(handle, 0, LOOK_BYTES))) {
    generation.failure = 'compressed';
    options.onNote(`${file.path} is compressed, and not followed`);
    return;
  }
  // Of a file that begins with half a line it cannot be told yet how it is to be read.
  if (!generation.journaled && !isLast && !(await hasLineEnd(handle, file.size))) return;
  const journal = new Journal(wal, generation.name);
  const plan = planRun(
    generation.journaled,
    { resume: true, restart: false, again: false },
    { input: file.path, source: 'file', resumeCommand: '', given, otherUnfinished: [] },
  );
  const from = plan.kind === 'resume' ? plan.from : undefined;
  const source = {
    kind: 'file',
    name: file.path,
    handle,
    size: file.size,
    end: file.size,
    modifiedMs: file.modifiedMs,
    inode: file.inode,
    head: await headOf(handle, file.size),
    ...(file.bornMs === undefined ? {} : { bornMs: file.bornMs }),
  } as const;
  const result = await runIngest({
    wal,
    journal,
    source,
    name: generation.name,
    options: from?.start.options ?? chooseOptions(given, tablePath(file.path)),
    durability,
    rejects: rejectPlace(options.directory, file.path),
    from,
    goesOn: !isLast,
    final: isLast,
    signal,
    inPipe: (program) => program,
    onNote: (text) => options.onNote(`${file.path}: ${text}`),
    onReading: (reading, isUnusual) => {
      if (isUnusual) options.onNote(`${file.path}: read as ${reading}`);
    },
    onReject: (reject) => options.onReject(file.path, reject),
    onStart: () => {},
  });
  generation.isMoved = false;
  generation.journaled = await journal.load();
  totals.add(generation, result);
  if (result.outcome === 'failed') throw result.error;
}

/** The path without what a rotation puts behind a name: `app.log.1`, `app.log-20261201`. */
function tablePath(path: string): string {
  return path.replace(/(?<=\.[A-Za-z]\w{0,9})(?:[.-]\d+)+$/, '');
}

function rejectPlace(directory: string, path: string): RejectPlace {
  return besideDirectory(directory, path.slice(path.lastIndexOf('/') + 1));
}

/** Adds up what was taken. */
class Totals {
  readonly #taken = new Set<Generation>();
  #lines = 0;
  #entries = 0;
  #rejected = 0;

  add(generation: Generation, { begun, durable }: IngestResult): void {
    this.#taken.add(generation);
    this.#lines += durable.line - begun.line;
    this.#entries += durable.entries - begun.entries;
    this.#rejected += durable.rejected - begun.rejected;
  }

  result(generations: readonly Generation[]): FollowResult {
    const files = [...this.#taken].map((generation): FollowedFile => {
      const {
        line = 0,
        offset = 0,
        entries = 0,
        rejected = 0,
      } = generation.journaled?.checkpoint?.progress ?? {};
      return {
        path: generation.path ?? generation.name,
        name: generation.name,
        line,
        offset,
        entries,
        rejected,
      };
    });
    const failed = generations.filter(({ failure }) => failure instanceof Error).length;
    return { files, lines: this.#lines, entries: this.#entries, rejected: this.#rejected, failed };
  }
}

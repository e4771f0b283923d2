import type { Wal } from '@shale/engine';
import { CliError } from '../cli-error.js';
import { formatBytes, formatCount } from '../output/units.js';
import { Appender, type Group } from './appender.js';
import { readBeginning } from './beginning.js';
import { type Block, type OversizePiece, readBlocks } from './blocks.js';
import { Checkpointer, checkpointAt } from './checkpointer.js';
import type { ChosenOptions } from './choose-options.js';
import { after, afterLongLine, type Collected, collect, type Mark } from './collect.js';
import { compressionOf } from './compression.js';
import { continueRejects } from './continue-rejects.js';
import { Counted } from './counted.js';
import { createFormat } from './create-format.js';
import { decompressed } from './decompress.js';
import { dialectOf, encodingOf } from './dialect.js';
import { toUtf8 } from './encoding.js';
import type { FingerprintTracker } from './fingerprint.js';
import type { Format } from './format.js';
import type { Journal } from './journal.js';
import {
  type JournaledOptions,
  type JournalState,
  NO_PROGRESS,
  type Progress,
  type StartRecord,
} from './journal-records.js';
import { newlineOf } from './line-end.js';
import { readingOf } from './reading.js';
import type { Reject } from './record.js';
import { RejectFile } from './reject-file.js';
import type { RejectPlace } from './reject-path.js';
import type { Source } from './source.js';
import { findStart } from './start-point.js';
import { type IngestTable, TableSet } from './table-set.js';

/** What an ingest is doing now, for those who watch. */
export interface View {
  /** Read and sent on. */
  readonly read: Progress;
  /** Known to survive whatever happens. */
  readonly durable: Progress;
  readonly tables: number;
}

export interface IngestOptions {
  readonly wal: Wal;
  readonly journal: Journal;
  readonly source: Source;
  readonly name: string;
  /** How it is to be read; what is not said is found by a look at an input that is new. */
  readonly options: ChosenOptions;
  readonly durability: 'sync' | 'os';
  /** Where a new file for rejects is made. */
  readonly rejects: RejectPlace;
  /** The run before, when this one goes on where it stopped. */
  readonly from: JournalState | undefined;
  /**
   * The input is a file that grows, and what is there now is not the whole: a last line without its end is left for later,
   * and the ingest does not become complete.
   */
  readonly goesOn?: boolean;
  /** What is known to be the end of the input ends its last line; without it that of a file waits for its own end. */
  readonly final?: boolean;
  /** Stops reading; what was read is finished. */
  readonly signal: AbortSignal;
  /** The command that takes the input by way of a program. */
  inPipe(program: string): string;
  /** Something to know, in a line. */
  onNote(text: string): void;
  /** How an input that is new is read, in a line. */
  onReading(reading: string, isUnusual: boolean): void;
  onReject(reject: Pick<Reject, 'line' | 'reason' | 'message'>): void;
  /** Called once, with a function that tells how far the ingest is, and with how the input is read. */
  onStart(view: () => View, begun: Progress, options: JournaledOptions): void;
}

/** How an ingest ended. */
export interface IngestResult {
  readonly outcome: 'complete' | 'waiting' | 'stopped' | 'failed';
  /** With `failed`: why. */
  readonly error?: unknown;
  readonly begun: Progress;
  readonly durable: Progress;
  /** With `waiting`: bytes of the last line, which has no end yet and was not taken. */
  readonly waiting: number;
  readonly tables: number;
  /** Entries beyond the last checkpoint that the run before had written; their lines were stepped over. */
  readonly steppedOver: number;
  readonly rejectFile: string;
  /** How the input is read, in a line; where it was not begun, only what the run before knew. */
  readonly reading: string | undefined;
}

/**
 * Runs an ingest to its end, to the signal, or to its first error; in every case with an exact journal. Throws without
 * having changed anything when it cannot begin.
 */
export async function runIngest(run: IngestOptions): Promise<IngestResult> {
  const { from, journal } = run;
  const checkpoint = from?.checkpoint;
  const start = await findStart(run.source, from, run.signal);
  if (!start) return notBegun(run);
  const { options, ...input } = from
    ? { options: from.start.options, chunks: start.chunks, waiting: 0 }
    : await lookAt(start.chunks, run);
  if (!from && (run.signal.aborted || input.waiting > 0)) return notBegun(run, input.waiting);
  const chunks = new Counted(input.chunks, start.position.offset);
  const lastWaits = waits(run, options);
  const format = createFormat(options, checkpoint?.columns);
  const tables = new TableSet(run.wal, journal, from?.tables ?? []);
  await tables.survey();
  const rejects = await rejectsOf(run);
  const begun = { ...(checkpoint?.progress ?? NO_PROGRESS), rejectBytes: rejects.size };
  const mark: Mark = {
    progress: begun,
    fingerprint: start.fingerprint.mark(),
    columns: format.columns,
    open: checkpoint?.open ?? false,
  };
  const appender = new Appender(run.wal, { durability: run.durability, start: mark });
  await journal.begin(
    startRecord(run, options, rejects),
    from?.tables ?? [],
    checkpoint && checkpointAt(mark, 'running', tables.countsOfAll()),
  );
  const checkpointer = new Checkpointer({ ...run, appender, tables, rejects, start: mark });
  const pipeline = new Pipeline({
    run,
    format,
    tables,
    appender,
    rejects,
    fingerprint: start.fingerprint,
    mark,
  });
  run.onStart(
    () => ({ read: pipeline.progress, durable: checkpointer.durable(), tables: tables.size }),
    begun,
    options,
  );
  let error: unknown;
  let waiting = 0;
  try {
    checkpointer.start();
    const { scanner } = format;
    const blocks = readBlocks(chunks, {
      scanner,
      maxRecordBytes: options.maxLineBytes,
      start: start.position,
      isCut: () => run.signal.aborted || run.goesOn === true || lastWaits,
    });
    for await (const block of blocks) {
      await pipeline.take(block);
      checkpointer.throwIfFailed();
      if (run.signal.aborted) break;
    }
    if (lastWaits && !run.signal.aborted) waiting = chunks.end - pipeline.progress.offset;
    if (!run.signal.aborted && !run.goesOn && waiting === 0) await pipeline.end();
  } catch (cause) {
    error = cause;
  }
  await appender.settled();
  await checkpointer.stop();
  error ??= appender.error ?? checkpointer.error;
  const outcome = outcomeOf(run, error, waiting);
  let isWritten = false;
  try {
    // What became of an append that failed is not known: all tables stay in doubt.
    if (appender.error) await checkpointer.write();
    else await checkpointer.writeLast(outcome === 'complete');
    isWritten = true;
  } catch (cause) {
    // A log that has failed cannot take a last checkpoint; the one before it stands.
    error ??= cause;
  }
  try {
    // A checkpoint that failed may be in the journal all the same: the file has to have what it counts.
    await rejects.close(isWritten ? checkpointer.written.rejectBytes : undefined);
  } catch (cause) {
    error ??= cause;
  }
  return {
    outcome: error === undefined ? outcome : 'failed',
    ...(error === undefined ? {} : { error }),
    begun,
    durable: checkpointer.written,
    waiting,
    tables: tables.size,
    steppedOver: tables.steppedOver,
    rejectFile: rejects.path,
    reading: readingOf(options, format.columns?.length),
  };
}

function outcomeOf(
  { signal, goesOn }: IngestOptions,
  error: unknown,
  waiting: number,
): IngestResult['outcome'] {
  if (error !== undefined) return 'failed';
  if (signal.aborted || goesOn) return 'stopped';
  return waiting > 0 ? 'waiting' : 'complete';
}

/**
 * Whether a last line without its end is left where it is: somebody may be writing it. A pipe has ended, and what is
 * compressed has an end of its own; the values of JSON are not lines.
 */
function waits({ source, final = false }: IngestOptions, { compression, format }: JournaledOptions): boolean {
  return source.kind === 'file' && !final && (compression ?? 'none') === 'none' && format !== 'json';
}

/** What a look at an input that is new found. */
interface Look {
  readonly options: JournaledOptions;
  readonly chunks: AsyncIterable<Buffer>;
  /** Bytes, where all that there is is a line without its end: it cannot be told yet how that is to be read. */
  readonly waiting: number;
}

/** How an input that is new is read, and the text of it. */
async function lookAt(input: AsyncIterable<Buffer>, run: IngestOptions): Promise<Look> {
  const { options: given, source, signal, goesOn = false, final = false, onReading, inPipe } = run;
  const { kind } = source;
  let beginning = await readBeginning(input, kind);
  const compression = compressionOf(given.compression, beginning.head, inPipe);
  if (compression !== undefined)
    beginning = await readBeginning(
      decompressed(beginning.chunks, compression, () => signal.aborted),
      kind,
    );
  const chosen = compression === undefined ? given : { ...given, compression };
  const encoding = encodingOf(chosen, beginning);
  if (encoding !== undefined && encoding !== 'utf-8')
    beginning = await readBeginning(
      toUtf8(beginning.chunks, encoding, () => signal.aborted),
      kind,
    );
  // What is decoded would be read from its beginning whenever it has grown.
  if (goesOn && (compression !== undefined || (encoding ?? 'utf-8') !== 'utf-8')) throw notFollowed();
  const look = {
    ...beginning,
    isWhole: beginning.isWhole && !goesOn,
    mayGrow: kind === 'file' && !final && compression === undefined,
  };
  const { options, reading, isUnusual } = dialectOf(
    encoding === undefined ? chosen : { ...chosen, encoding },
    look,
  );
  onReading(reading, isUnusual);
  const hasEnd = beginning.head.includes(newlineOf(options.lineEnd));
  const isBegun = goesOn || hasEnd || !beginning.isWhole || !waits(run, options);
  return { options, chunks: beginning.chunks, waiting: isBegun ? 0 : beginning.head.length };
}

/** Stopped on the way to where the run before stopped, or nothing to begin with: the journal stays as it is. */
function notBegun({ from, rejects, signal }: IngestOptions, waiting = 0): IngestResult {
  const at = from?.checkpoint?.progress ?? NO_PROGRESS;
  const rejectFile = from?.start.rejectFile ?? rejects.path;
  const reading = from && readingOf(from.start.options, from.checkpoint?.columns?.length);
  const outcome = waiting > 0 && !signal.aborted ? 'waiting' : 'stopped';
  return { outcome, begun: at, durable: at, waiting, tables: 0, steppedOver: 0, rejectFile, reading };
}

/** The file for rejects: the one of the run before, if it is there. */
async function rejectsOf({ from, rejects, onNote }: IngestOptions): Promise<RejectFile> {
  if (!from) return RejectFile.planned(rejects);
  const { file, lost } = await continueRejects(from, rejects);
  if (lost !== undefined)
    onNote(`${lost} is gone or was changed: lines rejected from here on go to a new file`);
  return file;
}

/** The steps of one block, in order: sort, put rejects aside, get tables ready, send. */
class Pipeline {
  readonly #run: IngestOptions;
  readonly #format: Format;
  readonly #tables: TableSet;
  readonly #appender: Appender;
  readonly #rejects: RejectFile;
  readonly #fingerprint: FingerprintTracker;
  /** What only the end of the input has ended. */
  readonly #last: (Block | OversizePiece)[] = [];
  #progress: Progress;
  #open: boolean;

  constructor(parts: {
    run: IngestOptions;
    format: Format;
    tables: TableSet;
    appender: Appender;
    rejects: RejectFile;
    fingerprint: FingerprintTracker;
    mark: Mark;
  }) {
    this.#run = parts.run;
    this.#format = parts.format;
    this.#tables = parts.tables;
    this.#appender = parts.appender;
    this.#rejects = parts.rejects;
    this.#fingerprint = parts.fingerprint;
    this.#progress = parts.mark.progress;
    this.#open = parts.mark.open;
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Takes what the input has, except for records that only the input's end has ended: they wait for {@link end}. */
  async take(block: Block | OversizePiece): Promise<void> {
    if (block.open) this.#last.push(block);
    else if (block.kind === 'oversize') await this.#putAside(block);
    else await this.#send(block, await this.#sort(block));
  }

  /** The input has ended. Nothing of its last records is written before it is known that nothing is missing. */
  async end(): Promise<void> {
    const sorted: Sorted[] = [];
    for (const block of this.#last) {
      if (block.kind === 'records') sorted.push(await this.#sort(block));
    }
    for (const note of this.#format.notesAtEnd?.() ?? []) this.#run.onNote(note);
    const behind = this.#tables.firstBehind();
    if (behind) throw endedEarly(this.#progress, behind);
    for (const block of this.#last) {
      if (block.kind === 'oversize') await this.#putAside(block);
      else await this.#send(block, sorted.shift());
    }
  }

  /** Sorts the records of a block, and steps over what is in already. */
  async #sort(block: Block): Promise<Sorted> {
    const collected = collect(block, this.#format, this.#tables);
    for (const note of this.#format.takeNotes?.() ?? []) this.#run.onNote(note);
    await this.#tables.prepare(collected.tables);
    const groups: Group[] = [];
    for (const table of collected.tables) {
      const count = table.batch.length;
      groups.push({ table, count, payloads: await this.#tables.take(table) });
    }
    return { collected, groups };
  }

  async #send(block: Block, sorted: Sorted | undefined): Promise<void> {
    if (!sorted) return;
    const { collected, groups } = sorted;
    this.#fingerprint.push(block.bytes);
    await this.#rejects.add(collected.rejects);
    for (const reject of collected.rejects) this.#run.onReject(reject);
    this.#progress = after(this.#progress, block, collected, this.#rejects.size);
    this.#open = block.open;
    await this.#appender.send(groups, this.#mark(), collected.heldBytes);
  }

  async #putAside(piece: OversizePiece): Promise<void> {
    const message = `longer than ${formatBytes(this.#run.options.maxLineBytes)}`;
    this.#fingerprint.push(piece.bytes);
    if (!(await this.#rejects.addPiece(piece, message))) return;
    this.#run.onReject({ line: piece.end.line, reason: 'too-long', message });
    this.#progress = afterLongLine(this.#progress, piece, this.#rejects.size);
    this.#open = piece.open;
    await this.#appender.send([], this.#mark(), 0);
  }

  #mark(): Mark {
    return {
      progress: this.#progress,
      fingerprint: this.#fingerprint.mark(),
      columns: this.#format.columns,
      open: this.#open,
    };
  }
}

/** A block whose records have been sorted into their tables. */
interface Sorted {
  readonly collected: Collected;
  readonly groups: readonly Group[];
}

function startRecord(
  { from, source, name }: IngestOptions,
  options: JournaledOptions,
  rejects: RejectFile,
): StartRecord {
  const file =
    source.kind === 'file'
      ? {
          size: source.size,
          modifiedMs: source.modifiedMs,
          inode: source.inode,
          ...(source.head === undefined ? {} : { path: source.name, head: source.head }),
          ...(source.bornMs === undefined ? {} : { bornMs: source.bornMs }),
        }
      : {};
  const startedAt = from?.start.startedAt ?? Date.now();
  const rejectFile = { rejectFile: rejects.place, rejectId: rejects.id };
  const { lineEnd, encoding, layout, compression, quote, escapedBy, trim, header, columns } = options;
  const isNew = [lineEnd, encoding, layout, compression, quote, escapedBy, trim, header, columns];
  const version = isNew.every((one) => one === undefined) ? 1 : 2;
  return { kind: 'start', version, name, source: source.kind, ...file, startedAt, options, ...rejectFile };
}

function notFollowed(): CliError {
  return new CliError('CLI_INPUT', 'what is compressed or UTF-16 is not followed', {
    hint: 'Ingest it without --follow when it is complete.',
  });
}

function endedEarly({ line }: Progress, { name, found, base, planned }: IngestTable): CliError {
  const missing = found - base - BigInt(planned);
  return new CliError(
    'CLI_INPUT_CHANGED',
    `the input ended after line ${formatCount(line)}, but ${missing === 1n ? 'one more entry' : `${missing} more entries`} of table ${name} came from lines behind it`,
    {
      hint: 'Give the whole input, from its beginning. If another program wrote to the table after the ingest was killed, all lines of this input are in, and what comes after it is an ingest of its own, with another --name.',
    },
  );
}

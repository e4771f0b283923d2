import type { Wal } from '@shale/engine';
import { formatBytes } from '../output/units.js';
import { Appender, type Group } from './appender.js';
import { type Block, type OversizePiece, readBlocks } from './blocks.js';
import { Checkpointer } from './checkpointer.js';
import { after, afterLongLine, collect, type Mark } from './collect.js';
import { createFormat } from './create-format.js';
import type { FingerprintTracker } from './fingerprint.js';
import type { Format } from './format.js';
import type { Journal } from './journal.js';
import {
  type CheckpointRecord,
  type JournaledOptions,
  type JournalState,
  NO_PROGRESS,
  type Progress,
  type StartRecord,
} from './journal-records.js';
import type { Reject } from './record.js';
import { RejectFile } from './reject-file.js';
import type { Source } from './source.js';
import { findStart } from './start-point.js';
import { TableSet } from './table-set.js';

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
  readonly options: JournaledOptions;
  readonly durability: 'sync' | 'os';
  /** Where rejects go when there is no earlier run that says so. */
  readonly rejectFile: string;
  /** The run before, when this one goes on where it stopped. */
  readonly from: JournalState | undefined;
  /** Stops reading; what was read is finished. */
  readonly signal: AbortSignal;
  onReject(reject: Pick<Reject, 'line' | 'reason' | 'message'>): void;
  /** Called once, with a function that tells how far the ingest is. */
  onStart(view: () => View, begun: Progress): void;
}

/** How an ingest ended. */
export interface IngestResult {
  readonly outcome: 'complete' | 'stopped' | 'failed';
  /** With `failed`: why. */
  readonly error?: unknown;
  readonly begun: Progress;
  readonly durable: Progress;
  readonly tables: number;
  /** Entries beyond the last checkpoint that the run before had written; their lines were stepped over. */
  readonly steppedOver: number;
  readonly rejectFile: string;
}

/** Runs an ingest to its end, to the signal, or to its first error; in every case with an exact journal. */
export async function runIngest(run: IngestOptions): Promise<IngestResult> {
  const { from, journal, options } = run;
  const checkpoint = from?.checkpoint;
  const begun = checkpoint?.progress ?? NO_PROGRESS;
  const start = await findStart(run.source, checkpoint, run.signal);
  const format = createFormat(options, checkpoint?.columns);
  const rejects = from
    ? await RejectFile.reopen(from.start.rejectFile, begun.rejectBytes)
    : await RejectFile.create(run.rejectFile);
  const tables = new TableSet(run.wal, journal, from?.tables ?? []);
  const mark: Mark = { progress: begun, fingerprint: start.fingerprint.mark(), columns: format.columns };
  const appender = new Appender(run.wal, { durability: run.durability, start: mark });
  await journal.begin(
    startRecord(run, from, rejects.path),
    from?.tables ?? [],
    checkpoint && takenOver(checkpoint, tables),
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
  );
  let error: unknown;
  try {
    checkpointer.start();
    const { scanner } = format;
    const blocks = readBlocks(start.chunks, {
      scanner,
      maxRecordBytes: options.maxLineBytes,
      start: start.position,
      isCut: () => run.signal.aborted,
    });
    for await (const block of blocks) {
      await pipeline.take(block);
      checkpointer.throwIfFailed();
      if (run.signal.aborted) break;
    }
  } catch (cause) {
    error = cause;
  }
  await appender.settled();
  await checkpointer.stop();
  error ??= appender.error ?? checkpointer.error;
  const outcome = error !== undefined ? 'failed' : run.signal.aborted ? 'stopped' : 'complete';
  try {
    await checkpointer.write(outcome === 'failed' ? 'running' : outcome);
    await rejects.close();
  } catch (cause) {
    // A log that has failed cannot take a last checkpoint; the one before it stands.
    error ??= cause;
  }
  return {
    outcome: error === undefined ? outcome : 'failed',
    ...(error === undefined ? {} : { error }),
    begun,
    durable: checkpointer.written,
    tables: tables.size,
    steppedOver: tables.steppedOver,
    rejectFile: rejects.path,
  };
}

/** The steps of one block, in order: sort, put rejects aside, get tables ready, send. */
class Pipeline {
  readonly #run: IngestOptions;
  readonly #format: Format;
  readonly #tables: TableSet;
  readonly #appender: Appender;
  readonly #rejects: RejectFile;
  readonly #fingerprint: FingerprintTracker;
  #progress: Progress;

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
  }

  get progress(): Progress {
    return this.#progress;
  }

  async take(block: Block | OversizePiece): Promise<void> {
    if (block.kind === 'oversize') await this.#putAside(block);
    else await this.#ingest(block);
  }

  async #ingest(block: Block): Promise<void> {
    const collected = collect(block, this.#format, this.#tables);
    this.#fingerprint.push(block.bytes);
    await this.#rejects.add(collected.rejects);
    for (const reject of collected.rejects) this.#run.onReject(reject);
    await this.#tables.prepare(collected.tables);
    const groups: Group[] = [];
    for (const table of collected.tables) {
      const count = table.batch.length;
      groups.push({ table, count, payloads: await this.#tables.take(table) });
    }
    this.#progress = after(this.#progress, block, collected, this.#rejects.size);
    await this.#appender.send(groups, this.#mark(), collected.heldBytes);
  }

  async #putAside(piece: OversizePiece): Promise<void> {
    const message = `longer than ${formatBytes(this.#run.options.maxLineBytes)}`;
    this.#fingerprint.push(piece.bytes);
    if (!(await this.#rejects.addPiece(piece, message))) return;
    this.#run.onReject({ line: piece.end.line, reason: 'too-long', message });
    this.#progress = afterLongLine(this.#progress, piece, this.#rejects.size);
    await this.#appender.send([], this.#mark(), 0);
  }

  #mark(): Mark {
    return { progress: this.#progress, fingerprint: this.#fingerprint.mark(), columns: this.#format.columns };
  }
}

function startRecord(run: IngestOptions, from: JournalState | undefined, rejectFile: string): StartRecord {
  const { source, name, options } = run;
  const file =
    source.kind === 'file' ? { size: source.size, modifiedMs: source.modifiedMs, inode: source.inode } : {};
  const startedAt = from?.start.startedAt ?? Date.now();
  return { kind: 'start', version: 1, name, source: source.kind, ...file, startedAt, options, rejectFile };
}

/** The checkpoint of the run before, as the first one of this run: no longer at an end. */
function takenOver(checkpoint: CheckpointRecord, tables: TableSet): CheckpointRecord {
  const { progress, fingerprint, columns } = checkpoint;
  return {
    kind: 'checkpoint',
    state: 'running',
    progress,
    fingerprint,
    moved: tables.countsOfAll(),
    ...(columns ? { columns } : {}),
  };
}

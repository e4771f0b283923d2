import type { Wal } from '@shale/engine';
import type { Appender } from './appender.js';
import type { Mark } from './collect.js';
import type { Journal } from './journal.js';
import type { CheckpointRecord, Progress } from './journal-records.js';
import type { RejectFile } from './reject-file.js';
import type { TableSet } from './table-set.js';

/** Milliseconds between checkpoints: what a resume has to look at again is about what arrives in this time. */
const INTERVAL_MS = 500;

/** Writes down from time to time how far everything is durable, without stopping the flow. */
export class Checkpointer {
  readonly #wal: Wal;
  readonly #journal: Journal;
  readonly #appender: Appender;
  readonly #tables: TableSet;
  readonly #rejects: RejectFile;
  readonly #durability: 'sync' | 'os';
  #written: Mark;
  #synced: Progress;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> = Promise.resolve();
  #busy = false;
  /** A checkpoint failed after it took what had moved: the next one names every table. */
  #movedLost = false;
  #error: unknown;

  constructor(parts: {
    wal: Wal;
    journal: Journal;
    appender: Appender;
    tables: TableSet;
    rejects: RejectFile;
    durability: 'sync' | 'os';
    start: Mark;
  }) {
    this.#wal = parts.wal;
    this.#journal = parts.journal;
    this.#appender = parts.appender;
    this.#tables = parts.tables;
    this.#rejects = parts.rejects;
    this.#durability = parts.durability;
    this.#written = parts.start;
    this.#synced = parts.start.progress;
  }

  /** The position of the last checkpoint: a resume goes on there or after it. */
  get written(): Progress {
    return this.#written.progress;
  }

  get error(): unknown {
    return this.#error;
  }

  /** The position up to which entries survive whatever happens. */
  durable(): Progress {
    return this.#durability === 'sync' ? this.#appender.acked.progress : this.#synced;
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#busy || this.#error !== undefined || this.#appender.acked === this.#written) return;
      this.#underWay = this.write().catch((error: unknown) => {
        this.#error ??= error;
      });
    }, INTERVAL_MS);
  }

  /** No checkpoint is begun any more; resolves when none is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
  }

  throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Writes a checkpoint at the acknowledged position, with every table still in doubt beyond it. */
  async write(): Promise<void> {
    this.#busy = true;
    let mark = this.#written;
    try {
      await this.#journal.checkpoint(async (all) => {
        mark = this.#appender.acked;
        const moved = this.#appender.takeMoved();
        const counts =
          all || this.#movedLost
            ? this.#tables.countsOfAll()
            : [...moved].flatMap((table) => [table.index, table.acked]);
        this.#movedLost = true;
        await this.#makeDurable(mark);
        return checkpointAt(mark, 'running', counts);
      });
      this.#movedLost = false;
      this.#written = mark;
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Writes the last checkpoint, when everything that was sent is acknowledged. `ended`: so did the input. What no line
   * has come for stays in doubt.
   */
  async writeLast(ended: boolean): Promise<void> {
    const mark = this.#appender.acked;
    await this.#makeDurable(mark);
    await this.#journal.end(
      checkpointAt(mark, ended ? 'complete' : 'stopped', []),
      this.#tables.inDoubt(ended),
    );
    this.#written = mark;
  }

  async #makeDurable(mark: Mark): Promise<void> {
    if (this.#durability === 'os') await this.#wal.sync();
    await this.#rejects.sync();
    this.#synced = mark.progress;
  }
}

/** A checkpoint at a mark. */
export function checkpointAt(
  mark: Mark,
  state: CheckpointRecord['state'],
  moved: readonly number[],
): CheckpointRecord {
  const { columns, progress, open } = mark;
  return {
    kind: 'checkpoint',
    state,
    progress,
    fingerprint: mark.fingerprint(),
    moved,
    ...(columns ? { columns } : {}),
    ...(open ? { open } : {}),
  };
}

import { memoryOf, type PayloadCodec, type TableId, WalError } from '@shale/codec';
import { invalid } from '@shale/storage';
import type { Engine } from '../engine.js';
import { FollowChunk } from '../follow/follow-chunk.js';
import type { Delivery } from '../follow/follow-stream.js';
import { type CopiedPayloads, copied, type PendingPart } from '../frames/pending-append.js';
import { inTurn } from '../turn.js';
import { gatherParts, measureParts } from '../write-parts.js';
import { Batch, type BatchWriteOptions } from './batch.js';
import { readBatchWrite } from './batch-write-options.js';
import type { Commits } from './commits.js';
import type { ConsumerEvents } from './consumer-events.js';
import { droppedTable, type LogPositions } from './log-positions.js';
import type { OwnPositions } from './own-positions.js';
import type { Places } from './places.js';
import type { Run } from './run.js';
import type { Runs } from './runs.js';
import type { Standing } from './standing.js';
import type { HandedOut, TableProgress } from './table-progress.js';

/** What hands out the batches of a consumer, and what becomes of them. */
export interface HandOutParts<T> {
  readonly engine: Engine;
  readonly codec: PayloadCodec<T, never>;
  readonly maxUnacked: number | null;
  readonly positions: LogPositions;
  readonly commits: Commits;
  readonly events: ConsumerEvents;
  readonly standing: Standing;
  /** Null when the log has the positions. */
  readonly own: OwnPositions | null;
  /** Where the consumer is. */
  readonly places: Places;
}

/** No more memory than that is kept for the copies of the next write. */
const MOST_SPARE = 1024 * 1024;

/** What is written with a position. */
type CopiedPart = PendingPart & { readonly payloads: CopiedPayloads };

/** Hands out batches of the runs of a consumer, and takes back how they were dealt with. */
export class HandOut<T> {
  readonly #parts: HandOutParts<T>;
  /** Entries handed out and not acknowledged. */
  #unacked = 0n;
  #gaps = 0;
  #wake: () => void = () => {};
  /** What the payloads of the last write were copied to: making such memory anew costs as much as copying them. */
  #spare: Uint8Array | undefined;

  constructor(parts: HandOutParts<T>) {
    this.#parts = parts;
  }

  /** Entries handed out and not acknowledged. */
  get unacked(): bigint {
    return this.#unacked;
  }

  /** How often entries were gone before they were given. */
  get gaps(): number {
    return this.#gaps;
  }

  /** What was handed out before cannot be acknowledged any more. */
  restart(): void {
    this.#unacked = 0n;
  }

  /** Has whoever waits for room look again. */
  wake(): void {
    this.#wake();
  }

  /** The next batch; null when the consumer is closed, or `isCurrent` says that nobody wants one. Rejects as a follow does. */
  async next(runs: Runs, isCurrent: () => boolean): Promise<Batch<T> | null> {
    const { standing } = this.#parts;
    for (;;) {
      await runs.moved();
      if (standing.failure !== null) throw standing.failure;
      if (standing.isClosed || !isCurrent()) return null;
      const run = await runs.current();
      await this.#room(run);
      if (run.isOver) continue;
      const delivery = await this.#delivery(run);
      // It was moved meanwhile, and what comes then is another run's.
      if (run.isOver) {
        delivery?.held.release();
        continue;
      }
      if (delivery !== null) return this.#handOut(run, delivery);
      if (standing.failure !== null) throw standing.failure;
      return null;
    }
  }

  async #delivery(run: Run): Promise<Delivery | null> {
    try {
      return await run.stream.next();
    } catch (error) {
      if (error instanceof WalError && error.code === 'SHALE_TRIMMED')
        this.#missed(error.table, error.details);
      throw error;
    }
  }

  /** Entries were gone before they were given. */
  #missed(
    table: TableId | undefined,
    { expected, first }: { expected?: unknown; first?: unknown } = {},
  ): void {
    if (table === undefined || typeof expected !== 'bigint' || typeof first !== 'bigint') return;
    this.#gaps++;
    this.#parts.events.gap(table, expected, first);
  }

  /** Resolves when a batch may be handed out. */
  async #room(run: Run): Promise<void> {
    const { maxUnacked, standing } = this.#parts;
    if (maxUnacked === null) return;
    while (this.#unacked >= BigInt(maxUnacked) && !run.isOver && standing.isOpen) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #handOut(run: Run, { cursor, chunk, gap, held }: Delivery): Batch<T> {
    const { codec, places } = this.#parts;
    const { id } = cursor.table.address;
    const content = new FollowChunk(id, cursor.name, chunk, gap, codec);
    // The chunk is the caller's now.
    held.release();
    const last = content.last;
    // Of a table that begins anew the gap goes back.
    const start = gap !== null && gap.expected < content.first ? gap.expected : content.first;
    const before = start === 0n ? 0n : start - 1n;
    // What was stored is of a table that was dropped: this one has begun anew.
    if (before < (places.positionIn(id) ?? 0n)) places.forget(id);
    if (gap !== null) this.#missed(id, gap);
    const isDrop = gap !== null && gap.first === 0n;
    const progress = isDrop ? run.progressOfDrop(cursor.table) : run.progressIn(cursor.table, before);
    const batch: HandedOut = { before, last, hasEntries: chunk !== null, acked: before, isWritten: false };
    if (last > before) progress.handOut(batch);
    this.#unacked += BigInt(content.length);
    return new Batch(content, {
      ack: (upTo) => this.#ack(run, progress, batch, upTo),
      write: (parts, options) => this.#write(run, progress, batch, parts, options),
      store: (transaction) => this.#store(run, progress, batch, transaction),
    });
  }

  #ack(run: Run, progress: TableProgress, batch: HandedOut, upTo: bigint): void {
    const { standing, own, commits } = this.#parts;
    if (run.isOver || standing.failure !== null) return;
    const floor = progress.floor;
    const sequences = progress.ack(batch, upTo);
    const entries = batch.hasEntries ? sequences : 0n;
    this.#unacked -= entries;
    this.#wake();
    if (progress.isDropped) return;
    if (progress.floor === floor) return;
    own?.moved(progress.table.address.id, progress.floor);
    commits.add(progress, entries);
  }

  #write(
    run: Run,
    progress: TableProgress,
    batch: HandedOut,
    parts: readonly unknown[],
    options: BatchWriteOptions | undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      try {
        const { standing, engine, own, commits, positions } = this.#parts;
        standing.requireUsable();
        if (own !== null)
          throw invalid('position', 'the application keeps the positions: batch.store has it store them');
        const { sync, state } = readBatchWrite(options, engine.options.durability);
        const given = gatherParts(engine, parts);
        // From here on no code of the caller runs until the payloads are copied: they may be written more than once.
        const checked = this.#copied(measureParts(given));
        this.#requireNext(run, progress, batch);
        const store = commits.inTurn(progress, async () => {
          this.#requireNext(run, progress, batch);
          const { id } = progress.table.address;
          await positions.store(id, batch.last, {
            parts: checked,
            state,
            sync,
            isLate: false,
            isVoid: () => progress.isDropped,
          });
          this.#keep(checked);
          batch.isWritten = true;
          // An iteration that has ended meanwhile stores what it had acknowledged after this: that must be no less.
          if (run.isOver) progress.ack(batch, batch.last);
          else this.#ack(run, progress, batch, batch.last);
        });
        store.then(resolve, reject);
      } catch (error) {
        inTurn(reject, error);
      }
    });
  }

  /** The parts, with copies of their payloads. */
  #copied(parts: readonly PendingPart[]): CopiedPart[] {
    let memory = this.#spare;
    this.#spare = undefined;
    return parts.map((part) => {
      const payloads = copied(part.payloads, memory);
      memory = undefined;
      return { ...part, payloads };
    });
  }

  /** These parts are written: their memory may be used again. */
  #keep([part]: readonly CopiedPart[]): void {
    const memory = part === undefined ? undefined : memoryOf(part.payloads.packed);
    if (memory !== undefined && memory.length <= MOST_SPARE) this.#spare = memory;
  }

  async #store(run: Run, progress: TableProgress, batch: HandedOut, transaction: unknown): Promise<void> {
    const { standing, own } = this.#parts;
    standing.requireUsable();
    if (own === null)
      throw invalid('position', 'the log has the positions of this consumer: batch.write stores them');
    this.#requireNext(run, progress, batch);
    const { id } = progress.table.address;
    // The position was one of the table that was dropped.
    await own.store(id, batch.last > batch.before ? 'known' : 'anywhere', batch.last, transaction);
  }

  /** Throws unless a batch is the next to be acknowledged of its table. */
  #requireNext(run: Run, progress: TableProgress, batch: HandedOut): void {
    const { standing, engine } = this.#parts;
    if (standing.failure !== null) throw standing.failure;
    const { id } = progress.table.address;
    if (run.isOver || progress.isDropped) {
      throw droppedTable(engine.path, id);
    }
    const isNext = batch.last > batch.before ? progress.isFirst(batch) : !batch.isWritten;
    if (isNext) return;
    const what = batch.acked === batch.last ? 'this batch is' : 'earlier batches of the table are not';
    throw invalid('batch', `${what} acknowledged: a batch is written when all before it are, and once`);
  }
}

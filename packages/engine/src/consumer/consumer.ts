import { bytesCodec, type PayloadCodec, type TableId, WalError } from '@shale/codec';
import { invalid } from '@shale/storage';
import type { Engine } from '../engine.js';
import { FollowChunk } from '../follow/follow-chunk.js';
import type { From } from '../follow/follow-options.js';
import type { Delivery } from '../follow/follow-stream.js';
import { copied, type PendingPart } from '../frames/pending-append.js';
import type { OpenConsumer } from '../open-consumers.js';
import { addressOf, type TableRef } from '../table-ref.js';
import { inTurn } from '../turn.js';
import { gatherParts, measureParts } from '../write-parts.js';
import { Batch, type BatchWriteOptions } from './batch.js';
import { readBatchWrite } from './batch-write-options.js';
import type { CheckedConsumer, ConsumerPartition } from './consumer-options.js';
import { Iteration } from './iteration.js';
import { droppedTable, type LogPositions } from './log-positions.js';
import { Run } from './run.js';
import { type ConsumedTable, idOf, readSeek, type SeekTo } from './seek.js';
import type { HandedOut, TableProgress } from './table-progress.js';
import type { Target } from './target.js';

/** How far a consumer is behind. */
export interface ConsumerLag {
  /** Entries that are acknowledged to those who appended them, and not by the consumer. */
  readonly entries: bigint;
  /** Tables that have some. */
  readonly tables: number;
}

/** What a consumer is made of. */
export interface ConsumerParts {
  readonly engine: Engine;
  readonly name: string;
  readonly target: Target;
  readonly options: CheckedConsumer;
  readonly positions: LogPositions;
  /** Whether it was never opened before. */
  readonly isNew: boolean;
}

/** Positions that are stored at a time. */
const STORED_TOGETHER = 256;

/**
 * A name that remembers how far its tables have been dealt with. It gives their entries in batches, of every table in
 * order, those that are appended later included, and only what is on stable storage. Asking for the next batch
 * acknowledges the one before; leaving the iteration, by `break` or an error, does not. How far everything is
 * acknowledged in a table is stored in the log's own database, a moment later: so after a crash a few entries come again,
 * and none is left out. `batch.write` stores it together with what came of the batch, and then nothing is there twice.
 *
 * The position of a table never lies behind its end. Where it does, as after a table was dropped and written anew under
 * its numbers, the iteration fails with SHALE_AHEAD; it fails with SHALE_TRIMMED when entries are gone that it was not
 * given, unless `onTrimmed` is `'skip'`: `seek` says where to go on, and then it can be iterated again. It fails with
 * SHALE_FENCED for good when the name was opened again, or dropped. Otherwise it fails as a follow does.
 *
 * A consumer can be iterated again and again, by one iteration at a time: each begins behind what is acknowledged. The
 * death of a thread and `wal.resume()` it does not notice. Closing the WAL closes it: what is acknowledged is stored, and
 * the iteration ends.
 */
export class Consumer<T = Uint8Array> implements AsyncIterable<Batch<T>>, AsyncDisposable {
  /** The name that it was opened with. */
  readonly name: string;
  readonly #parts: ConsumerParts;
  readonly #codec: PayloadCodec<T, never>;
  readonly #registered: OpenConsumer;
  #state: 'open' | 'closed' = 'open';
  /** What has ended it for good. */
  #failure: WalError | null = null;
  #run: Promise<Run> | null = null;
  #runs = 0;
  /** Moves of a position that are under way: no run begins meanwhile. */
  readonly #moves = new Set<Promise<unknown>>();
  #iteration: Iteration<T> | null = null;
  /** What is acknowledged and not stored. */
  readonly #dirty = new Set<TableProgress>();
  /** Stores that are under way. */
  readonly #storing = new Set<Promise<unknown>>();
  /** Flushes come one after the other, so that each knows what the one before could not store. */
  #flushing: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  /** Entries acknowledged since the last store. */
  #unstored = 0n;
  /** Entries handed out and not acknowledged. */
  #unacked = 0n;
  #wake: () => void = nothing;
  #closing: Promise<void> | null = null;

  /** @internal Use `wal.consumer`. */
  constructor(parts: ConsumerParts) {
    const { engine, name, target, options } = parts;
    this.name = name;
    this.#parts = parts;
    // A table's codec is that of its values; of many tables there are bytes.
    this.#codec = (target.is === 'table' ? target.codec : bytesCodec()) as PayloadCodec<T, never>;
    const { partition }: { readonly partition: ConsumerPartition | null } = options;
    this.#registered = { name, partition, fence: () => this.#fence(), end: () => this.#endWithWal() };
    engine.consumers.add(this.#registered);
    engine.writers.add(this.#unsettled);
  }

  readonly #unsettled = { settled: (): Promise<void> => this.#settled() };

  /** @internal Begins: resolves when it is fixed where. */
  async begin(): Promise<void> {
    await this.#ensureRun();
  }

  /** The batches, one by one. Throws SHALE_INVALID_ARGUMENT while another iteration is under way. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Batch<T>> {
    if (this.#iteration !== null) {
      throw invalid('consumer', 'a consumer has one iteration at a time: leave the other one first');
    }
    const iteration: Iteration<T> = new Iteration<T>({
      next: () => this.#next(iteration),
      leave: () => this.#left(iteration),
      acksByAsking: this.#parts.options.maxUnacked === null,
    });
    this.#iteration = iteration;
    return iteration;
  }

  /**
   * Stores now what is acknowledged, and resolves when it is stored. Rejects as an append does, and with SHALE_FENCED;
   * what could not be stored is tried again later.
   */
  async commit(): Promise<void> {
    this.#requireUsable();
    await this.#flush(false);
  }

  /** How far it is behind what is acknowledged in its tables: without a look at the disk once it has begun. */
  async lag(): Promise<ConsumerLag> {
    this.#requireUsable();
    const run = await this.#ensureRun();
    let entries = 0n;
    let tables = 0;
    for (const cursor of run.cursors) {
      const lag = run.lagIn(cursor);
      entries += lag;
      if (lag > 0n) tables++;
    }
    return { entries, tables };
  }

  /**
   * Moves its position in a table, and stores that: to the first entry, behind the last one, or behind a sequence. What
   * was handed out of any table and not acknowledged comes again. Rejects with SHALE_AHEAD beyond the end of the table,
   * SHALE_INVALID_ARGUMENT for a table that is not one of the consumer's, SHALE_FENCED, and as an append does.
   */
  async seek(table: ConsumedTable, to: SeekTo): Promise<void> {
    this.#requireUsable();
    const before = [...this.#moves];
    const move = Promise.allSettled(before).then(() => this.#move(table, to));
    this.#moves.add(move);
    try {
      await move;
    } finally {
      this.#moves.delete(move);
    }
  }

  async #move(table: ConsumedTable, to: SeekTo): Promise<void> {
    const { engine, target, positions, options } = this.#parts;
    const { id, after } = await readSeek(engine, target, table, to);
    await this.#endRun();
    // What is acknowledged of the table is void with it.
    for (const progress of this.#dirty) if (isOf(progress, id)) this.#dirty.delete(progress);
    await this.#settled();
    await positions.load(addressOf(id, engine.routing));
    // It may have been fenced or closed meanwhile, and then another one has the name.
    this.#requireUsable();
    const how = { sync: options.sync, isLate: false, isVoid: () => false };
    await this.#watched(positions.store(id, after, how));
  }

  /**
   * What it keeps beside its position in a table, as `batch.write` has stored it; null for nothing. Throws
   * SHALE_INVALID_ARGUMENT.
   */
  state(table: ConsumedTable): Uint8Array | null {
    const id = idOf(table);
    return id === null ? null : this.#parts.positions.stateIn(id);
  }

  /**
   * Ends the iteration, and stores what is acknowledged; not what was handed out besides. Idempotent. Rejects when it
   * cannot be stored: it is closed then all the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** `await using` closes the consumer. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    await this.#endRun();
    this.#wake();
    const isFenced = this.#failure !== null;
    try {
      if (!isFenced) await this.#flush(false);
    } finally {
      this.#stopTimer();
      // Whoever opens the name next reads what is stored: nothing may be under way.
      await this.#settled();
      this.#unregister();
    }
  }

  /** The WAL begins to close. */
  #endWithWal(): void {
    this.#closing ??= Promise.resolve();
    this.#state = 'closed';
    this.#wake();
    this.#stopTimer();
    // Whoever closes the WAL waits for it; a failure to store makes entries come again.
    if (this.#failure === null) this.#flush(true).catch(nothing);
    this.#parts.engine.consumers.delete(this.#registered);
  }

  #unregister(): void {
    const { engine } = this.#parts;
    engine.consumers.delete(this.#registered);
    engine.writers.delete(this.#unsettled);
  }

  async #fence(): Promise<void> {
    const { engine } = this.#parts;
    this.#fail(
      new WalError(
        'SHALE_FENCED',
        `the consumer ${JSON.stringify(this.name)} was opened again or dropped: it writes nothing more, and what it has not stored comes again`,
        { path: engine.path },
      ),
    );
    await this.#settled();
  }

  /** Ends it for good. */
  #fail(error: WalError): void {
    this.#failure ??= error;
    const run = this.#run;
    this.#stopTimer();
    this.#dirty.clear();
    this.#wake();
    this.#unregister();
    void run?.then((begun) => begun.stream.fail(error), nothing);
  }

  /** Resolves when no store is under way. */
  async #settled(): Promise<void> {
    await this.#flushing;
    while (this.#storing.size > 0) await Promise.allSettled(this.#storing);
  }

  #requireUsable(): void {
    if (this.#failure !== null) throw this.#failure;
    this.#parts.engine.lifecycle.requireOpen();
    if (this.#state === 'open') return;
    const { path } = this.#parts.engine;
    throw new WalError('SHALE_CLOSED', `the consumer ${JSON.stringify(this.name)} is closed`, { path });
  }

  // The run

  async #ensureRun(): Promise<Run> {
    await this.#moved();
    this.#requireUsable();
    return await this.#currentRun();
  }

  /** Resolves when no position is being moved. */
  async #moved(): Promise<void> {
    while (this.#moves.size > 0) await Promise.allSettled(this.#moves);
  }

  #currentRun(): Promise<Run> {
    if (this.#run !== null) return this.#run;
    const run = this.#begin();
    this.#run = run;
    run.catch(() => {
      if (this.#run === run) this.#run = null;
    });
    return run;
  }

  async #begin(): Promise<Run> {
    const { engine, target, options, positions, isNew } = this.#parts;
    // What the run before has acknowledged, so far as it can be stored: the rest comes again.
    await this.#flush(false).catch(nothing);
    // A write of that run is in, or is not, before its position is read.
    await this.#settled();
    this.#dirty.clear();
    this.#unacked = 0n;
    if (target.is === 'many') await positions.loadAll(target.region, (id) => target.has(id));
    else {
      if (target.ref.address === null && target.ref.name !== null) await engine.catalog.find(target.ref);
      if (target.ref.address !== null) await positions.load(target.ref.address);
    }
    const isFirst = this.#runs++ === 0 && (isNew || target.is === 'table');
    const from: From = isFirst ? options.from : 'start';
    const run = new Run(engine, target, options, positions, from);
    await run.begun;
    if (from === 'start' || (target.is === 'table' && this.#hasPosition(target.ref))) return run;
    // Where it cannot begin as it was told to, it does not begin at all.
    run.stream.requireNoFailure();
    await this.#keepBeginning(run);
    return run;
  }

  #hasPosition({ address }: TableRef): boolean {
    return address !== null && this.#parts.positions.positionIn(address.id) !== null;
  }

  /** Stores where it begins, if that is not where the tables begin: it is not to be found out anew the next time. */
  async #keepBeginning(run: Run): Promise<void> {
    const { positions, options } = this.#parts;
    const { from } = options;
    for (const { table } of run.cursors) {
      if (positions.positionIn(table.address.id) !== null) continue;
      const at = typeof from === 'object' ? from.after : table.tail;
      if (at > 0n) this.#dirty.add(run.progressIn(table, at));
    }
    await this.#flush(false);
  }

  /** The run is over: another one begins when something is asked for. */
  async #endRun(): Promise<void> {
    const run = this.#run;
    this.#run = null;
    const begun = await run?.catch(nothing);
    begun?.end();
    this.#wake();
  }

  #left(iteration: Iteration<T>): void {
    if (this.#iteration !== iteration) return;
    this.#iteration = null;
    if (this.#failure === null) void this.#endRun();
  }

  // What is handed out

  async #next(iteration: Iteration<T>): Promise<Batch<T> | null> {
    for (;;) {
      await this.#moved();
      if (this.#failure !== null) throw this.#failure;
      if (this.#state === 'closed' || this.#iteration !== iteration) return null;
      const run = await this.#currentRun();
      await this.#room(run);
      if (run.isOver) continue;
      const delivery = await run.stream.next();
      // It was moved meanwhile.
      if (run.isOver) continue;
      if (delivery !== null) return this.#handOut(run, delivery);
      if (this.#failure !== null) throw this.#failure;
      return null;
    }
  }

  /** Resolves when a batch may be handed out. */
  async #room(run: Run): Promise<void> {
    const { maxUnacked } = this.#parts.options;
    if (maxUnacked === null) return;
    while (
      this.#unacked >= BigInt(maxUnacked) &&
      !run.isOver &&
      this.#state === 'open' &&
      this.#failure === null
    ) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #handOut(run: Run, { cursor, chunk, gap, held }: Delivery): Batch<T> {
    const { id } = cursor.table.address;
    const content = new FollowChunk(id, cursor.name, chunk, gap, this.#codec);
    // The chunk is the caller's now.
    held.release();
    const last = content.last;
    // Of a table that begins anew the gap goes back.
    const start = gap !== null && gap.expected < content.first ? gap.expected : content.first;
    const before = start === 0n ? 0n : start - 1n;
    // What was stored is of a table that was dropped: this one has begun anew.
    if (before < (this.#parts.positions.positionIn(id) ?? 0n)) this.#parts.positions.forget(id);
    const progress = run.progressIn(cursor.table, before);
    const batch: HandedOut = { before, last, hasEntries: chunk !== null, acked: before, isWritten: false };
    if (last > before) progress.handOut(batch);
    this.#unacked += BigInt(content.length);
    return new Batch(content, {
      ack: (upTo) => this.#ack(run, progress, batch, upTo),
      write: (parts, options) => this.#write(run, progress, batch, parts, options),
    });
  }

  #ack(run: Run, progress: TableProgress, batch: HandedOut, upTo: bigint): void {
    if (run.isOver || this.#failure !== null) return;
    const floor = progress.floor;
    const sequences = progress.ack(batch, upTo);
    const entries = batch.hasEntries ? sequences : 0n;
    this.#unacked -= entries;
    this.#wake();
    if (progress.isDropped) return;
    if (progress.floor === floor) return;
    this.#dirty.add(progress);
    this.#unstored += entries;
    if (this.#unstored >= BigInt(this.#parts.options.everyEntries)) this.#flush(false).catch(nothing);
    else this.#startTimer();
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
        this.#requireUsable();
        const { engine } = this.#parts;
        const { sync, state } = readBatchWrite(options, engine.options.durability);
        const given = gatherParts(engine, parts);
        // From here on no code of the caller runs until the payloads are copied: they may be written more than once.
        const checked = measureParts(given).map(
          (part): PendingPart => ({ ...part, payloads: copied(part.payloads) }),
        );
        this.#requireNext(run, progress, batch);
        const store = this.#inTurn(progress, async () => {
          this.#requireNext(run, progress, batch);
          const { id } = progress.table.address;
          await this.#parts.positions.store(id, batch.last, {
            parts: checked,
            state,
            sync,
            isLate: false,
            isVoid: () => progress.isDropped,
          });
          batch.isWritten = true;
          this.#ack(run, progress, batch, batch.last);
        });
        store.then(resolve, reject);
      } catch (error) {
        inTurn(reject, error);
      }
    });
  }

  /** Throws unless a batch is the next to be acknowledged of its table. */
  #requireNext(run: Run, progress: TableProgress, batch: HandedOut): void {
    if (this.#failure !== null) throw this.#failure;
    const { id } = progress.table.address;
    if (run.isOver || progress.isDropped) {
      throw droppedTable(this.#parts.engine.path, id);
    }
    const isNext = batch.last > batch.before ? progress.isFirst(batch) : !batch.isWritten;
    if (isNext) return;
    const what = batch.acked === batch.last ? 'this batch is' : 'earlier batches of the table are not';
    throw invalid('batch', `${what} acknowledged: a batch is written when all before it are, and once`);
  }

  // What is stored

  /** Stores what is acknowledged. Rejects with what it met first; what could not be stored is kept for the next time. */
  #flush(isLate: boolean): Promise<void> {
    const flush = this.#flushing.then(() => this.#storeAll(isLate));
    this.#flushing = flush.catch(nothing);
    return flush;
  }

  async #storeAll(isLate: boolean): Promise<void> {
    this.#stopTimer();
    this.#unstored = 0n;
    const all = [...this.#dirty];
    this.#dirty.clear();
    let failure: unknown;
    for (let at = 0; at < all.length; at += STORED_TOGETHER) {
      const some = all.slice(at, at + STORED_TOGETHER);
      const results = await Promise.allSettled(some.map((progress) => this.#store(progress, isLate)));
      for (const [i, result] of results.entries()) {
        if (result.status === 'fulfilled') continue;
        failure ??= result.reason;
        const progress = some[i];
        if (progress !== undefined && this.#failure === null) this.#dirty.add(progress);
      }
    }
    if (failure === undefined) return;
    if (this.#dirty.size > 0) this.#startTimer();
    throw failure;
  }

  #store(progress: TableProgress, isLate: boolean): Promise<void> {
    return this.#inTurn(progress, async () => {
      const { positions, options } = this.#parts;
      const { id } = progress.table.address;
      const { floor } = progress;
      if (progress.isDropped || this.#failure !== null || positions.positionIn(id) === floor) return;
      try {
        await positions.store(id, floor, {
          sync: options.sync,
          isLate,
          isVoid: () => progress.isDropped,
        });
      } catch (error) {
        // The drop took the position along.
        if (!progress.isDropped) throw error;
      }
    });
  }

  /** One store of a table after the other. */
  #inTurn(progress: TableProgress, act: () => Promise<void>): Promise<void> {
    const mine = this.#watched(progress.turn.then(act));
    progress.turn = mine.catch(nothing);
    return mine;
  }

  /** A store that is waited for. What says that somebody else has the name ends the consumer. */
  async #watched(store: Promise<void>): Promise<void> {
    const watched = store.catch((error: unknown) => {
      if (error instanceof WalError && error.code === 'SHALE_FENCED' && isOfPosition(error))
        this.#fail(error);
      throw error;
    });
    this.#storing.add(watched);
    try {
      await watched;
    } finally {
      this.#storing.delete(watched);
    }
  }

  #startTimer(): void {
    if (this.#timer !== null || this.#state === 'closed' || this.#failure !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#flush(false).catch(nothing);
    }, this.#parts.options.everyMs);
    this.#timer.unref();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function isOf({ table }: TableProgress, id: TableId): boolean {
  const { region, table: own } = table.address;
  return region === id.region && own === id.table;
}

/** Whether it is about a position that somebody else has moved, and not about a batch that is void. */
function isOfPosition({ details }: WalError): boolean {
  return details?.expected !== undefined;
}

function nothing(): void {}

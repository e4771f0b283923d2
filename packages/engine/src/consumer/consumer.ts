import { bytesCodec, type PayloadCodec, type TableId, WalError } from '@shale/codec';
import { invalid } from '@shale/storage';
import type { Engine } from '../engine.js';
import { FollowChunk } from '../follow/follow-chunk.js';
import type { From } from '../follow/follow-options.js';
import type { Delivery } from '../follow/follow-stream.js';
import { copied, type PendingPart } from '../frames/pending-append.js';
import type { ConsumerMetrics } from '../metrics/consumer-metrics.js';
import type { OpenConsumer } from '../open-consumers.js';
import { addressOf, type TableRef } from '../table-ref.js';
import { inTurn } from '../turn.js';
import { gatherParts, measureParts } from '../write-parts.js';
import { Batch, type BatchWriteOptions } from './batch.js';
import { readBatchWrite } from './batch-write-options.js';
import { Commits } from './commits.js';
import { ConsumerEvents } from './consumer-events.js';
import type { CheckedConsumer, ConsumerPartition } from './consumer-options.js';
import { Iteration } from './iteration.js';
import { LagWatch, lagOf } from './lag-watch.js';
import { droppedTable, type LogPositions } from './log-positions.js';
import type { Opening } from './opening.js';
import { OwnPositions } from './own-positions.js';
import type { Places } from './places.js';
import { Run } from './run.js';
import { type ConsumedTable, idOf, isOf, readSeek, type SeekTo } from './seek.js';
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
  readonly opening: Opening;
  readonly positions: LogPositions;
}

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
  readonly #commits: Commits;
  readonly #events: ConsumerEvents;
  /** Null when the log has the positions. */
  readonly #own: OwnPositions | null;
  /** Where it is. */
  readonly #places: Places;
  readonly #lag = new LagWatch();
  #state: 'open' | 'closed' = 'open';
  /** What has ended it for good. */
  #failure: WalError | null = null;
  #run: Promise<Run> | null = null;
  /** The run while it begins, and once it has begun. */
  #starting: Run | null = null;
  /** How often a run was ended: one that has not begun by then is over. */
  #ends = 0;
  #begun: Run | null = null;
  /** Whether it has begun once: from then on a table without a position is one that came later. */
  #hasBegun = false;
  /** Moves of a position that are under way: no run begins meanwhile. */
  readonly #moves = new Set<Promise<unknown>>();
  #iteration: Iteration<T> | null = null;
  /** Entries handed out and not acknowledged. */
  #unacked = 0n;
  #gaps = 0;
  #wake: () => void = nothing;
  #end: () => void = nothing;
  /** Resolves when it is closed, or ended for good. */
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });
  #closing: Promise<void> | null = null;

  /** @internal Use `wal.consumer`. */
  constructor(parts: ConsumerParts) {
    const { engine, name, target, options } = parts;
    this.name = name;
    this.#parts = parts;
    // A table's codec is that of its values; of many tables there are bytes.
    this.#codec = (target.is === 'table' ? target.codec : bytesCodec()) as PayloadCodec<T, never>;
    const { partition }: { readonly partition: ConsumerPartition | null } = options;
    this.#commits = new Commits(parts.positions, options, (error) => this.#fail(error));
    const { path } = engine;
    const { position } = options;
    this.#own = position === null ? null : new OwnPositions(position, parts.positions, path);
    this.#places = this.#own ?? parts.positions;
    this.#events = new ConsumerEvents({ path, instance: engine.options.instance, name, partition });
    this.#registered = {
      name,
      partition,
      has: (table) => isOf(engine, target, table),
      seek: (table, after) => this.#sought(table, after),
      metrics: () => this.#metrics(),
      fence: () => this.#fence(),
      resumed: () => this.#resumed(),
      end: () => this.#endWithWal(),
    };
    engine.consumers.add(this.#registered);
    engine.committing.add(this.#unsettled);
  }

  readonly #unsettled = { settled: (): Promise<void> => this.#commits.settled() };

  #metrics(): ConsumerMetrics {
    const run = this.#begun;
    const { entries = null, tables = null } = (run === null ? null : this.#lag.of(run)) ?? {};
    return {
      name: this.name,
      partition: this.#parts.options.partition,
      tables: run?.size ?? 0,
      behind: tables,
      lag: entries,
      unacked: Number(this.#unacked),
      gaps: this.#gaps,
    };
  }

  /** @internal Resolves when it is fixed where it begins; the application says that when it is iterated. */
  async open(): Promise<void> {
    if (this.#own === null) await this.#ensureRun();
    this.#events.opened();
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
    await this.#commits.flush(false);
  }

  /** How far it is behind what is acknowledged in its tables: without a look at the disk once it has begun. */
  async lag(): Promise<ConsumerLag> {
    this.#requireUsable();
    const run = await this.#ensureRun();
    return lagOf(run);
  }

  /**
   * Moves its position in a table, and stores that: to the first entry, behind the last one, or behind a sequence. What
   * was handed out of any table and not acknowledged comes again. Rejects with SHALE_AHEAD beyond the end of the table,
   * SHALE_NOT_FOUND for a name that no table has, SHALE_INVALID_ARGUMENT for a
   * table that is not one of the consumer's, SHALE_FENCED, and as an append does.
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

  async #sought(table: TableId, after: bigint): Promise<boolean> {
    try {
      if (this.#closing === null && this.#failure === null) {
        await this.seek(table, { after });
        return true;
      }
    } catch (error) {
      if (this.#closing === null && this.#failure === null) throw error;
    }
    await this.#closing?.catch(nothing);
    return false;
  }

  async #move(table: ConsumedTable, to: SeekTo): Promise<void> {
    const { engine, target, positions, options } = this.#parts;
    const { id, after, last } = await readSeek(engine, target, table, to);
    await this.#endRun();
    // What is acknowledged of the table is void with it.
    this.#commits.forget(id);
    await this.#commits.settled();
    await positions.load(addressOf(id, engine.routing));
    // It may have been fenced or closed meanwhile, and then another one has the name.
    this.#requireUsable();
    const how = { sync: options.sync, isLate: false, isVoid: () => false };
    // What the application has not passed is not to go: the copy in the log is never ahead of it.
    const isOnward = after > (positions.positionIn(id) ?? 0n) && after <= last;
    if (isOnward) await this.#moveOwn(id, after);
    await this.#commits.watched(positions.store(id, after, how));
    if (!isOnward) await this.#moveOwn(id, after);
  }

  /** The application may not come to an end with it before long, or at all. */
  async #moveOwn(id: TableId, after: bigint): Promise<void> {
    if (this.#own === null) return;
    const moved = this.#own.store(id, 'anywhere', after, undefined).then(() => true);
    const isMoved = await Promise.race([moved, this.#ended]);
    if (isMoved !== true) this.#requireUsable();
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
    this.#end();
    this.#commits.quiet();
    await this.#endRun();
    this.#wake();
    const isFenced = this.#failure !== null;
    try {
      if (!isFenced) await this.#commits.flush(false);
    } finally {
      // Whoever opens the name next reads what is stored: nothing may be under way.
      await this.#commits.settled();
      this.#unregister();
      this.#events.closed();
    }
  }

  /** The WAL begins to close. */
  #endWithWal(): void {
    this.#closing ??= Promise.resolve();
    this.#state = 'closed';
    this.#end();
    this.#endStarting();
    this.#wake();
    this.#commits.quiet();
    // Whoever closes the WAL waits for it; a failure to store makes entries come again.
    if (this.#failure === null) this.#commits.flush(true).catch(nothing);
    this.#parts.engine.consumers.delete(this.#registered);
    this.#events.closed();
  }

  #unregister(): void {
    const { engine } = this.#parts;
    engine.consumers.delete(this.#registered);
    engine.committing.delete(this.#unsettled);
  }

  /** There may be room again: what a full disk has kept from being recorded is. */
  async #resumed(): Promise<void> {
    const { engine, opening } = this.#parts;
    // A drop of the name that is under way is over first.
    await engine.consumers.inTurn(this.name, async () => {
      if (this.#failure === null && this.#state === 'open') await opening.record();
    });
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
    await this.#commits.settled();
  }

  /** Ends it for good. */
  #fail(error: WalError): void {
    if (this.#failure === null) {
      this.#parts.engine.consumers.fenced++;
      this.#events.fenced(error);
    }
    this.#failure ??= error;
    this.#end();
    const run = this.#run;
    this.#commits.end();
    this.#endStarting();
    this.#wake();
    this.#unregister();
    void run?.then((begun) => begun.stream.fail(error), nothing);
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
    for (;;) {
      await this.#moved();
      this.#requireUsable();
      const run = await this.#currentRun();
      // It was moved, or its iteration left, meanwhile.
      if (!run.isOver) return run;
    }
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
    const { engine, target, options, positions } = this.#parts;
    const ends = this.#ends;
    // What the run before has acknowledged, so far as it can be stored: the rest comes again.
    await this.#commits.flush(false).catch(nothing);
    // A write of that run is in, or is not, before its position is read.
    await this.#commits.settled();
    this.#commits.clear();
    this.#unacked = 0n;
    this.#own?.clear();
    if (target.is === 'many') await positions.loadAll(target.region, target.has);
    else await this.#loadTable(target.ref);
    // Of many tables it was kept when the name was opened for the first time.
    const from: From = this.#hasBegun || target.is === 'many' ? 'start' : options.from;
    this.#hasBegun = true;
    const run = new Run(engine, target, options, this.#places, from);
    this.#starting = run;
    if (this.#ends !== ends) run.end();
    await run.begun;
    this.#starting = null;
    this.#begun = run;
    try {
      if (this.#own !== null) await this.#copyPositions(run, this.#own);
      if (target.is === 'many' || from === 'start' || this.#hasPosition(target.ref)) return run;
      // Where it cannot begin as it was told to, it does not begin at all.
      run.stream.requireNoFailure();
      await this.#keepBeginning(run);
      return run;
    } catch (error) {
      run.end();
      throw error;
    }
  }

  async #loadTable(ref: TableRef): Promise<void> {
    const { engine, positions, options } = this.#parts;
    if (ref.address === null && ref.name !== null) await engine.catalog.find(ref);
    // That it has no entries yet can be kept of a table only, and not of a name that none has.
    if (ref.address === null && options.from === 'end') await engine.catalog.ensure(ref);
    if (ref.address !== null) await positions.load(ref.address);
  }

  /**
   * What is known of the application's positions goes into the log, where the copy is another one: at once where it is
   * ahead, for what the application needs again is not to go.
   */
  async #copyPositions(run: Run, own: OwnPositions): Promise<void> {
    if (!run.stream.isRunning) return;
    let isAhead = false;
    for (const { table } of run.cursors) {
      const { id } = table.address;
      const copy = this.#parts.positions.positionIn(id);
      // Without a position it begins with the first entry that there is.
      const beginning = copy === null || table.begin === 0n ? null : table.begin - 1n;
      const position = own.positionIn(id) ?? beginning;
      if (position === null || position === copy) continue;
      isAhead ||= copy !== null && position < copy;
      this.#commits.add(run.progressIn(table, position), 0n);
    }
    if (!isAhead) return;
    await this.#commits.flush(false).catch((error: unknown) => {
      if (this.#state === 'open') throw error;
    });
  }

  #hasPosition({ address }: TableRef): boolean {
    return address !== null && this.#parts.positions.positionIn(address.id) !== null;
  }

  /** Stores where it begins in a table: that is not to be found out anew the next time. */
  async #keepBeginning(run: Run): Promise<void> {
    const { from } = this.#parts.options;
    for (const { table } of run.cursors) {
      this.#commits.add(run.progressIn(table, typeof from === 'object' ? from.after : table.tail), 0n);
    }
    await this.#commits.flush(false);
  }

  /** The run is over: another one begins when something is asked for. */
  async #endRun(): Promise<void> {
    const run = this.#run;
    this.#run = null;
    this.#begun = null;
    this.#endStarting();
    const begun = await run?.catch(nothing);
    begun?.end();
    this.#wake();
  }

  /** The application may not say where it begins before long, or at all. */
  #endStarting(): void {
    this.#ends++;
    this.#starting?.end();
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
      const delivery = await this.#delivery(run);
      // It was moved meanwhile, and what comes then is another run's.
      if (run.isOver) {
        delivery?.held.release();
        continue;
      }
      if (delivery !== null) return this.#handOut(run, delivery);
      if (this.#failure !== null) throw this.#failure;
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
    this.#events.gap(table, expected, first);
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
    if (before < (this.#places.positionIn(id) ?? 0n)) this.#places.forget(id);
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
    if (run.isOver || this.#failure !== null) return;
    const floor = progress.floor;
    const sequences = progress.ack(batch, upTo);
    const entries = batch.hasEntries ? sequences : 0n;
    this.#unacked -= entries;
    this.#wake();
    if (progress.isDropped) return;
    if (progress.floor === floor) return;
    this.#own?.moved(progress.table.address.id, progress.floor);
    this.#commits.add(progress, entries);
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
        if (this.#own !== null)
          throw invalid('position', 'the application keeps the positions: batch.store has it store them');
        const { sync, state } = readBatchWrite(options, engine.options.durability);
        const given = gatherParts(engine, parts);
        // From here on no code of the caller runs until the payloads are copied: they may be written more than once.
        const checked = measureParts(given).map(
          (part): PendingPart => ({ ...part, payloads: copied(part.payloads) }),
        );
        this.#requireNext(run, progress, batch);
        const store = this.#commits.inTurn(progress, async () => {
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

  async #store(run: Run, progress: TableProgress, batch: HandedOut, transaction: unknown): Promise<void> {
    this.#requireUsable();
    if (this.#own === null)
      throw invalid('position', 'the log has the positions of this consumer: batch.write stores them');
    this.#requireNext(run, progress, batch);
    const { id } = progress.table.address;
    // The position was one of the table that was dropped.
    await this.#own.store(id, batch.last > batch.before ? 'known' : 'anywhere', batch.last, transaction);
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
}

function nothing(): void {}

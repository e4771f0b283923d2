import { bytesCodec, type PayloadCodec, type TableId, WalError } from '@shale/codec';
import { invalid } from '@shale/storage';
import type { Engine } from '../engine.js';
import type { ConsumerMetrics } from '../metrics/consumer-metrics.js';
import type { OpenConsumer } from '../open-consumers.js';
import { addressOf } from '../table-ref.js';
import type { Batch } from './batch.js';
import { Commits } from './commits.js';
import { ConsumerEvents } from './consumer-events.js';
import type { CheckedConsumer, ConsumerPartition } from './consumer-options.js';
import { HandOut } from './hand-out.js';
import { Iteration } from './iteration.js';
import { LagWatch, lagOf } from './lag-watch.js';
import type { LogPositions } from './log-positions.js';
import type { Opening } from './opening.js';
import { OwnPositions } from './own-positions.js';
import { Runs } from './runs.js';
import { type ConsumedTable, idOf, isOf, readSeek, type SeekTo } from './seek.js';
import { Standing } from './standing.js';
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
 * A consumer can be iterated again and again, by one iteration at a time: each begins behind what is acknowledged. Whoever
 * waits for a batch keeps the process running, until the consumer or the WAL is closed. The
 * death of a thread and `wal.resume()` it does not notice. Closing the WAL closes it: what is acknowledged is stored, and
 * the iteration ends.
 */
export class Consumer<T = Uint8Array> implements AsyncIterable<Batch<T>>, AsyncDisposable {
  /** The name that it was opened with. */
  readonly name: string;
  readonly #parts: ConsumerParts;
  readonly #registered: OpenConsumer;
  readonly #standing: Standing;
  readonly #commits: Commits;
  readonly #events: ConsumerEvents;
  /** Null when the log has the positions. */
  readonly #own: OwnPositions | null;
  readonly #runs: Runs;
  readonly #handOut: HandOut<T>;
  readonly #lag = new LagWatch();
  #iteration: Iteration<T> | null = null;
  #closing: Promise<void> | null = null;

  /** @internal Use `wal.consumer`. */
  constructor(parts: ConsumerParts) {
    const { engine, name, target, options, positions } = parts;
    this.name = name;
    this.#parts = parts;
    const { partition }: { readonly partition: ConsumerPartition | null } = options;
    const { path } = engine;
    const { position } = options;
    const standing = new Standing(engine, name);
    const commits = new Commits(positions, options, (error) => this.#fail(error));
    const events = new ConsumerEvents({ path, instance: engine.options.instance, name, partition });
    const own = position === null ? null : new OwnPositions(position, positions, path);
    const places = own ?? positions;
    this.#standing = standing;
    this.#commits = commits;
    this.#events = events;
    this.#own = own;
    // A table's codec is that of its values; of many tables there are bytes.
    const codec = (target.is === 'table' ? target.codec : bytesCodec()) as PayloadCodec<T, never>;
    const { maxUnacked } = options;
    const shared = { engine, positions, commits, standing, own, places };
    this.#handOut = new HandOut<T>({ ...shared, codec, maxUnacked, events });
    this.#runs = new Runs({ ...shared, target, options, restarted: () => this.#handOut.restart() });
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
    const run = this.#runs.begun;
    const { entries = null, tables = null } = (run === null ? null : this.#lag.of(run)) ?? {};
    return {
      name: this.name,
      partition: this.#parts.options.partition,
      tables: run?.size ?? 0,
      behind: tables,
      lag: entries,
      unacked: Number(this.#handOut.unacked),
      gaps: this.#handOut.gaps,
    };
  }

  /** @internal Resolves when it is fixed where it begins; the application says that when it is iterated. */
  async open(): Promise<void> {
    if (this.#own === null) await this.#runs.ensure();
    this.#events.opened();
  }

  /** The batches, one by one. Throws SHALE_INVALID_ARGUMENT while another iteration is under way. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Batch<T>> {
    if (this.#iteration !== null) {
      throw invalid('consumer', 'a consumer has one iteration at a time: leave the other one first');
    }
    const iteration: Iteration<T> = new Iteration<T>({
      next: () => this.#handOut.next(this.#runs, () => this.#iteration === iteration),
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
    this.#standing.requireUsable();
    await this.#commits.flush(false);
  }

  /** How far it is behind what is acknowledged in its tables: without a look at the disk once it has begun. */
  async lag(): Promise<ConsumerLag> {
    this.#standing.requireUsable();
    const run = await this.#runs.ensure();
    return lagOf(run);
  }

  /**
   * Moves its position in a table, and stores that: to the first entry, behind the last one, or behind a sequence. What
   * was handed out of any table and not acknowledged comes again. Rejects with SHALE_AHEAD beyond the end of the table,
   * SHALE_NOT_FOUND for a name that no table has, SHALE_INVALID_ARGUMENT for a
   * table that is not one of the consumer's, SHALE_FENCED, and as an append does.
   */
  async seek(table: ConsumedTable, to: SeekTo): Promise<void> {
    this.#standing.requireUsable();
    await this.#runs.move(() => this.#move(table, to));
  }

  async #sought(table: TableId, after: bigint): Promise<boolean> {
    try {
      if (this.#closing === null && this.#standing.failure === null) {
        await this.seek(table, { after });
        return true;
      }
    } catch (error) {
      if (this.#closing === null && this.#standing.failure === null) throw error;
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
    this.#standing.requireUsable();
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
    const isMoved = await Promise.race([moved, this.#standing.ended]);
    if (isMoved !== true) this.#standing.requireUsable();
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
    this.#standing.close();
    this.#commits.quiet();
    await this.#endRun();
    const isFenced = this.#standing.failure !== null;
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
    this.#standing.close();
    this.#runs.endStarting();
    this.#handOut.wake();
    this.#commits.quiet();
    // Whoever closes the WAL waits for it; a failure to store makes entries come again.
    if (this.#standing.failure === null) this.#commits.flush(true).catch(nothing);
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
      if (this.#standing.isOpen) await opening.record();
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
    if (this.#standing.failure === null) {
      this.#parts.engine.consumers.fenced++;
      this.#events.fenced(error);
    }
    this.#standing.fail(error);
    this.#commits.end();
    this.#runs.endStarting();
    this.#handOut.wake();
    this.#unregister();
    this.#runs.fail(error);
  }

  /** The run is over: another one begins when something is asked for. */
  async #endRun(): Promise<void> {
    await this.#runs.end();
    this.#handOut.wake();
  }

  #left(iteration: Iteration<T>): void {
    if (this.#iteration !== iteration) return;
    this.#iteration = null;
    if (this.#standing.failure === null) void this.#endRun();
  }
}

function nothing(): void {}

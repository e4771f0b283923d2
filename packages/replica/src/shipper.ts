import { mustBe, type TableId, tableKey, toU64, type U64Like, WalError } from '@shale/codec';
import type { Batch, Consumer, ConsumerLag, Wal } from '@shale/engine';
import { Removals } from './removals.js';
import type { ReplicaSink } from './sink.js';
import { Turns } from './turns.js';
import { Waiters } from './waiters.js';

/** How shipping goes. */
export type ReplicaState = 'shipping' | 'stopped' | 'failed';

/** Payload bytes that are under way: what the memory of a cluster that does not answer costs. */
const MOST_BYTES = 32 * 1024 * 1024;
/** How long a stop waits for what is under way. What is not known to be there by then is looked up by the next one. */
const STOP_MS = 1000;

/**
 * Ships a log while it is written: everything that is on stable storage, in order, once. The log itself does not wait for
 * it: an outage of the cluster makes lag and nothing else.
 *
 * What the log trims, or drops, goes from the replica, too, within seconds, unless `removed` is `'keep'`: then entries that are
 * trimmed after they were shipped stay there, and so does a table that is dropped, until it is written anew under its ids.
 * What was trimmed before it could be shipped is gone from the replica in either case, with all that lies before it.
 */
export class Replica implements AsyncDisposable {
  /** Where it ships to. */
  readonly url: string;
  readonly #wal: Wal;
  readonly #sink: ReplicaSink;
  readonly #consumer: Consumer;
  readonly #waiters = new Waiters();
  /** The last sequence of each table that was given to the sink. */
  readonly #sent = new Map<string, bigint>();
  readonly #underWay = new Set<Promise<void>>();
  /** The order of what is given to the sink. */
  readonly #turns = new Turns();
  /** Null when the replica keeps what the log removes. */
  readonly #removals: Removals | null;
  #bytes = 0;
  #room: () => void = () => undefined;
  #state: ReplicaState = 'shipping';
  #failure: WalError | null = null;
  readonly #shipping: Promise<void>;
  #stopping: Promise<void> | null = null;

  /** @internal Use `replicate`. */
  constructor(wal: Wal, sink: ReplicaSink, consumer: Consumer, keeps: boolean) {
    this.url = sink.url;
    this.#wal = wal;
    this.#sink = sink;
    this.#consumer = consumer;
    sink.onFailure((error) => this.#fail(error));
    this.#removals = keeps
      ? null
      : new Removals(wal, sink, (table) => this.#turns.take(() => this.#drop(table)));
    this.#shipping = this.#ship();
  }

  /** Whether it ships; `'failed'` is for good, and `failure` says why. */
  get state(): ReplicaState {
    return this.#state;
  }

  /** What has ended it; null while nothing has. */
  get failure(): WalError | null {
    return this.#failure;
  }

  /** What keeps entries from coming through at present, as a cluster without a leader; null when nothing does. */
  get trouble(): Error | null {
    return this.#sink.trouble;
  }

  /** How far the replica is behind what is acknowledged by the log. Rejects with SHALE_CLOSED and with `failure`. */
  async lag(): Promise<ConsumerLag> {
    this.#requireShipping();
    return await this.#consumer.lag();
  }

  /** The last sequence of a table that a majority of the cluster has; 0n for none. Throws SHALE_INVALID_ARGUMENT. */
  position(table: { readonly region: U64Like; readonly table: U64Like }): bigint {
    return this.#sink.position({ region: toU64('region', table.region), table: toU64('table', table.table) });
  }

  /**
   * Resolves when everything that was acknowledged by the log before the call is in the replica, trims and drops included unless
   * it keeps what they remove, however long the cluster does not answer. Rejects with SHALE_CLOSED when it is stopped, with
   * `failure`, and with what keeps the log's tables from being listed.
   */
  async caughtUp(): Promise<void> {
    this.#requireShipping();
    const ends: { readonly id: TableId; readonly last: bigint }[] = [];
    for await (const { id, first, last } of this.#wal.tables()) {
      const { region, table } = id;
      if (region !== null && first <= last) ends.push({ id: { region, table }, last });
    }
    this.#requireShipping();
    // At once: what comes from here on is told to those who wait.
    const left = new Map<string, bigint>();
    for (const { id, last } of ends) if (this.#sink.position(id) < last) left.set(tableKey(id), last);
    await this.#waiters.wait(left);
    await this.#removals?.now().catch((error: unknown) => {
      this.#requireShipping();
      throw error;
    });
  }

  /**
   * Resolves when a table is in the replica up to a sequence, such as the one that `append` has resolved with: then a majority
   * of the cluster has it. Waits however long the cluster does not answer; for a sequence that is not there yet, until it is
   * written and shipped; when the table is dropped, no longer. Rejects with SHALE_INVALID_ARGUMENT, SHALE_CLOSED when it is
   * stopped, and with `failure`.
   */
  async reached(
    table: { readonly region: U64Like; readonly table: U64Like },
    sequence: U64Like,
  ): Promise<void> {
    if (typeof table !== 'object' || table === null)
      throw mustBe('table', 'an object with region and table', table);
    const id = { region: toU64('region', table.region), table: toU64('table', table.table) };
    const needed = toU64('sequence', sequence);
    this.#requireShipping();
    if (this.#sink.position(id) < needed) await this.#waiters.wait(new Map([[tableKey(id), needed]]));
  }

  /**
   * Stops shipping: what is under way comes to its end, for a second at most. The next `replicate` goes on where this one has
   * come to. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** `await using` stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #ship(): Promise<void> {
    try {
      for await (const batch of this.#consumer) {
        if (this.#state !== 'shipping') break;
        if (batch.gap === null) await this.#take(batch);
        else {
          const { first } = batch.gap;
          await this.#turns.take(() => this.#skip(batch, first));
        }
      }
      // The log was closed.
      if (this.#state === 'shipping') void this.stop();
    } catch (error) {
      this.#fail(error instanceof WalError ? error : internal(error));
    }
  }

  async #take(batch: Batch): Promise<void> {
    await this.#turns.take(() => this.#give(batch));
    while (this.#bytes > MOST_BYTES && this.#state === 'shipping') {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
  }

  async #give(batch: Batch): Promise<void> {
    const { table, name, first, last } = batch;
    this.#removals?.saw(table);
    // Of a table that was dropped when all of it had been shipped, and one that was trimmed before it was, no gap is told.
    if (first <= this.#sentOf(table)) await this.#beginAnew(table);
    if (first > this.#sentOf(table) + 1n) await this.#skipTo(table, first);
    const payloads = Array.from({ length: batch.length }, (_, i) => batch.payloadAt(i));
    const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
    this.#sent.set(tableKey(table), last);
    this.#bytes += bytes;
    const done = this.#sink.append(table, name, first, payloads).then(
      () => {
        batch.ack();
        this.#waiters.progress(table, last);
      },
      (error: WalError) => this.#fail(error),
    );
    this.#underWay.add(done);
    void done.then(() => {
      this.#underWay.delete(done);
      this.#bytes -= bytes;
      this.#room();
    });
  }

  async #skip(batch: Batch, first: bigint): Promise<void> {
    const { table } = batch;
    // It goes back where the table was dropped and written anew.
    if (first <= this.#sentOf(table)) await this.#beginAnew(table);
    if (first > this.#sentOf(table) + 1n) await this.#skipTo(table, first);
    batch.ack();
  }

  #sentOf(table: TableId): bigint {
    return this.#sent.get(tableKey(table)) ?? this.#sink.position(table);
  }

  async #beginAnew(table: TableId): Promise<void> {
    this.#removals?.begunAnew();
    await this.#drop(table);
  }

  async #drop(table: TableId): Promise<void> {
    this.#sent.delete(tableKey(table));
    await this.#sink.drop(table);
    this.#waiters.progress(table, null);
  }

  async #skipTo(table: TableId, first: bigint): Promise<void> {
    // Otherwise what is missing was lost by the log, and what is before it is there.
    const isTrimmed = (await this.#wal.table(table).firstSequence()) >= first;
    this.#sent.set(tableKey(table), first - 1n);
    await this.#sink.skipTo(table, first, isTrimmed);
    this.#waiters.progress(table, first - 1n);
  }

  #fail(error: WalError): void {
    if (this.#state !== 'shipping') return;
    this.#state = 'failed';
    this.#failure = error;
    this.#room();
    void this.stop();
  }

  async #stop(): Promise<void> {
    if (this.#state === 'shipping') this.#state = 'stopped';
    this.#room();
    this.#removals?.end();
    await Promise.race([Promise.allSettled([...this.#underWay]), after(STOP_MS)]);
    await this.#sink.close();
    await this.#consumer.close();
    await this.#shipping;
    this.#waiters.fail(this.#failure ?? closed(this.url));
  }

  #requireShipping(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#state !== 'shipping') throw closed(this.url);
  }
}

function closed(url: string): WalError {
  return new WalError('SHALE_CLOSED', `${url}: shipping was stopped`);
}

function internal(cause: unknown): WalError {
  return new WalError('SHALE_INTERNAL', 'shipping has failed', { cause });
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}

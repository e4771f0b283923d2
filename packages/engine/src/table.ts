import type { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { asBytes, type PayloadCodec, type TableId, toU64 } from '@shale/codec';
import { invalid, readBag, requireDirection } from '@shale/storage';
import { checkSignal } from './abort.js';
import type { Engine } from './engine.js';
import type { Follow } from './follow/follow.js';
import type { FollowOptions } from './follow/follow-options.js';
import { followTable } from './follow/table-follow.js';
import {
  type AppendResult,
  IdentifiedAppend,
  type PendingPart,
  SingleAppend,
  WriteAppend,
} from './frames/pending-append.js';
import { dropOf } from './frames/removal.js';
import type { SequenceInput } from './ids.js';
import { bytesOf, type GatheredBatch, gatherBatch, measureBatch } from './intake/gather.js';
import { toMs } from './moment.js';
import { decodeWith, encodeWith, isBytesCodec, measureEncoded } from './payload.js';
import { ChunkStream } from './read/chunk-stream.js';
import { type Entry, EntryOfTable } from './read/entry.js';
import { checkReadOptions, type ReadOptions, type ReadRange, readRangeOf } from './read/read-options.js';
import { TableChunks, type TablePosition } from './read/table-chunks.js';
import { type TableChunk, TableRead } from './read/table-read.js';
import { refOn, type Seat } from './seat.js';
import { readableOf, writableOf } from './streams/node-streams.js';
import { readStreamOptions, type StreamReadOptions } from './streams/stream-options.js';
import { readableStreamOf, writableStreamOf } from './streams/web-streams.js';
import type { Address, TableRef } from './table-ref.js';
import { inTurn, nextTurn, refusedInTurn } from './turn.js';
import {
  type AppendOptions,
  type CheckedAppend,
  readAppendOptions,
  readWriteOptions,
  usualOptions,
  type WriteOptions,
} from './write-options.js';
import { TableWriter } from './writer/table-writer.js';
import { readWriterOptions, type WriterOptions } from './writer/writer-options.js';

/** What a trim came to. */
export interface TrimResult {
  /** The table's first sequence now: `last + 1n` when everything was trimmed, 0n for a table never written. */
  readonly first: bigint;
  /** The table's last sequence, which a trim does not change; 0n for a table never written. */
  readonly last: bigint;
}

/** How to wait for entries to be on stable storage. */
export interface DurableOptions {
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const DURABLE_OPTIONS = ['signal'] as const;

/**
 * One table log. Made by `wal.table`; costs nothing and needs no closing. All its methods reject with SHALE_CLOSED once
 * the WAL is closed. It is of the thread whose `Wal` made it.
 *
 * `T` is what is read from it, and `Input` what can be appended: the same, unless its codec takes more than it gives, as
 * bytes do.
 */
export class Table<T = Uint8Array, Input = T> {
  readonly #seat: Seat;
  /** As the engine knows it that was there last. */
  #given: TableRef;
  #givenBy: Engine;
  readonly #codec: PayloadCodec<T, Input>;
  readonly #isBytes: boolean;
  /** How to append when nothing is said about it. */
  readonly #usual: CheckedAppend;

  /** @internal Use `wal.table`. */
  constructor(seat: Seat, ref: TableRef, codec: PayloadCodec<T, Input>) {
    const { engine } = seat;
    this.#seat = seat;
    this.#given = ref;
    this.#givenBy = engine;
    this.#codec = codec;
    this.#isBytes = isBytesCodec(codec);
    this.#usual = usualOptions(engine.options.durability);
  }

  get #engine(): Engine {
    return this.#seat.engine;
  }

  /** What is known of it now. */
  get #ref(): TableRef {
    const { engine } = this.#seat;
    if (engine !== this.#givenBy) {
      this.#given = refOn(engine, this.#given);
      this.#givenBy = engine;
    }
    const ref = this.#given;
    if (ref.name !== null) engine.catalog.refresh(ref);
    return ref;
  }

  /** The table's name, or null when it was asked for by its id. */
  get name(): string | null {
    return this.#ref.name;
  }

  /** The table's id; null for a name of which it is not known yet, or that does not exist yet. */
  get id(): TableId | null {
    const { address } = this.#ref;
    return address === null ? null : { region: address.region, table: address.table };
  }

  /**
   * The shard that owns the table, from 0; null as {@link id} is. It matters for speed alone: a write over tables of
   * one shard costs least.
   */
  get shard(): number | null {
    return this.#ref.address?.shard ?? null;
  }

  /**
   * Appends one entry and resolves with its sequence: the one after the table's last, from 1 on, without holes.
   *
   * When this returns, the payload has been copied or the append is refused: its buffer may be used again at once,
   * whether the append is under way or waits for room, as it does while `maxInFlightBytes` are under way. A codec is
   * called before this returns, too. Appends to one table are done and acknowledged in the order they were made in.
   *
   * With an `id` it is in once, however often it is made: see {@link AppendOptions}.
   *
   * Rejects with SHALE_OVERLOADED, SHALE_SEQUENCE_MISMATCH, SHALE_SEQUENCE_EXHAUSTED, SHALE_TOO_LARGE, SHALE_PAYLOAD,
   * SHALE_INVALID_ARGUMENT, SHALE_READ_ONLY, SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_CLOSED (nothing was written),
   * SHALE_OUTCOME_UNKNOWN (it may or may not be in), SHALE_IO, SHALE_POISONED, SHALE_CORRUPT (the table cannot be
   * recovered).
   */
  append(payload: Input, options?: AppendOptions): Promise<bigint> {
    // Not an async function: this runs once per entry.
    return new Promise((resolve, reject) => {
      try {
        const how = options === undefined ? this.#usual : readAppendOptions('append', options, this.#usual);
        const payloadBytes = this.#isBytes ? asBytes(payload) : encodeWith(this.#codec, payload);
        // From here on no code of the caller runs until the payload is copied.
        const bytes = measureEncoded(this.#codec, payloadBytes);
        this.#requireOwn();
        const append = new SingleAppend(this.#ref, payloadBytes, bytes, how, resolve, reject);
        this.#seat.accept(append, how.signal);
      } catch (error) {
        inTurn(reject, error);
      }
    });
  }

  /**
   * Appends entries in order, all of them or none, at consecutive sequences. An empty batch writes nothing and resolves
   * with the table's current last and `first` one more. With an `id`, which is one for the batch, it resolves with the
   * sequences of the first batch of that id, and must have entries. As {@link append} otherwise.
   */
  appendBatch(payloads: readonly Input[], options?: AppendOptions): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      try {
        const how =
          options === undefined ? this.#usual : readAppendOptions('appendBatch', options, this.#usual);
        const gathered = this.gather(payloads);
        // From here on no code of the caller runs until the payloads are copied.
        const part = this.measure(gathered, how.expect);
        if (how.id !== null) {
          if (part.count === 0) throw invalid('id', 'a batch with an id must have entries, got none');
          this.#seat.accept(new IdentifiedAppend(part, how.id, how.sync, resolve, reject), how.signal);
          return;
        }
        // One part has one result.
        const settle = ([result]: readonly AppendResult[]): void => resolve(result as AppendResult);
        const append = new WriteAppend('batch', [part], how.sync, settle, reject);
        this.#seat.accept(append, how.signal);
      } catch (error) {
        inTurn(reject, error);
      }
    });
  }

  /** Reads the table; see {@link TableRead}. Throws SHALE_INVALID_ARGUMENT. */
  read(range: ReadRange = {}, options: ReadOptions = {}): TableRead<T> {
    const { bounds, since } = readRangeOf(range);
    const checked = checkReadOptions(options);
    requireDirection(bounds, checked.strict);
    const begin = (): ChunkStream<TablePosition> => {
      const place = { name: this.#ref.name, locate: () => this.#locate() };
      const chunks = new TableChunks(this.#engine, place, bounds, checked, since);
      return new ChunkStream(this.#engine, chunks, checked);
    };
    return new TableRead(begin, this.#codec, (make) => this.#seat.source(make, checked.signal));
  }

  /**
   * Follows the table: what is there, and then what is appended; see {@link Follow}. A table of a name is followed
   * before there is one, and on when it is dropped and made again. Throws SHALE_INVALID_ARGUMENT, SHALE_READ_ONLY,
   * SHALE_CLOSED, and what keeps the WAL from writing.
   */
  follow(options?: FollowOptions): Follow<T> {
    return followTable(this.#engine, this.#ref, this.#codec, options);
  }

  /**
   * Reads one entry; null when there is none with this sequence, because it was trimmed or never written. It sees every
   * entry acknowledged before. An entry that is in memory costs a look-up in this thread, any other a read beside the
   * shards.
   *
   * Rejects with SHALE_INVALID_ARGUMENT, SHALE_CORRUPT when it cannot be read, SHALE_PAYLOAD, SHALE_CLOSED and SHALE_IO.
   */
  get(sequence: SequenceInput): Promise<Entry<T> | null> {
    try {
      const at = toU64('sequence', sequence);
      if (this.#seat.isVacant) return this.#seat.run(() => this.get(at));
      const { lifecycle, points } = this.#engine;
      lifecycle.requireOpen();
      if (points.isSpent) return nextTurn().then(() => this.get(at));
      const { address } = this.#ref;
      const isKnown = address !== null && !this.#engine.shard(address.shard).isOver;
      const payload = isKnown ? points.peek(address, at) : undefined;
      if (payload === undefined) return this.#getElsewhere(at);
      if (payload !== null) return Promise.resolve(this.#entry(at, payload));
      return nextTurn().then(() => null);
    } catch (error) {
      return nextTurn().then(() => Promise.reject(error));
    }
  }

  /** An entry that is not in memory, or of a table that has to be found first, or something is wrong with. */
  async #getElsewhere(sequence: bigint): Promise<Entry<T> | null> {
    const { lifecycle, points } = this.#engine;
    const address = await this.#locate();
    if (address !== null && !this.#engine.shard(address.shard).isOver) {
      const payload = await points.fetch(address, sequence);
      lifecycle.requireOpen();
      if (payload !== undefined) return payload === null ? null : this.#entry(sequence, payload);
    }
    for await (const entry of this.read({ gte: sequence, lte: sequence })) return entry;
    return null;
  }

  #entry(sequence: bigint, payload: Uint8Array): Entry<T> {
    return new EntryOfTable(sequence, decodeWith(this.#codec, payload));
  }

  /**
   * A writer of many entries, without a promise for each; see {@link TableWriter}. Throws SHALE_INVALID_ARGUMENT,
   * SHALE_READ_ONLY, SHALE_CLOSED, and what keeps the WAL from writing.
   */
  writer(options?: WriterOptions): TableWriter<Input> {
    return this.#writer('writer', options);
  }

  /**
   * A stream of node:stream in object mode, each chunk of which is an entry, over a {@link TableWriter} of its own. It
   * finishes when everything is in, is held up while the writer is full, and fails with what has ended it. Destroyed, it
   * sends nothing more. Throws as {@link writer}.
   */
  writable(options?: WriterOptions): Writable {
    return writableOf(this.#writer('writable', options));
  }

  /** The same as a Web stream: it closes when everything is in, and sends nothing more once it is aborted. */
  writableStream(options?: WriterOptions): WritableStream<Input> {
    return writableStreamOf(this.#writer('writableStream', options));
  }

  /**
   * A stream of node:stream in object mode over a {@link read}, of its entries or of its chunks. Destroyed, it ends the
   * read. Throws SHALE_INVALID_ARGUMENT.
   */
  readable(range: ReadRange = {}, options: StreamReadOptions = {}): Readable {
    return readableOf(this.#stream('readable', range, options));
  }

  /** The same as a Web stream. Cancelled, it ends the read. */
  readableStream(
    range?: ReadRange,
    options?: StreamReadOptions & { readonly of?: 'entries' | undefined },
  ): ReadableStream<Entry<T>>;
  readableStream(
    range: ReadRange,
    options: StreamReadOptions & { readonly of: 'chunks' },
  ): ReadableStream<TableChunk<T>>;
  readableStream(
    range: ReadRange = {},
    options: StreamReadOptions = {},
  ): ReadableStream<Entry<T> | TableChunk<T>> {
    return readableStreamOf(this.#stream('readableStream', range, options));
  }

  /**
   * Removes the entries up to and including `upTo`; beyond the last one means all. Done between the appends made
   * before it and those made after it, and in one write with them: a great many trims under way share their syncs,
   * and do not hold up the appends to other tables. It waits for room as an append does. When it resolves the entries
   * are gone (with `'sync'`, for good), and their sequences are never given out again. Their space is given back in
   * the background.
   *
   * Rejects with SHALE_OVERLOADED as {@link append} does, and with SHALE_OUTCOME_UNKNOWN when the shard's thread
   * died: trimming again does no harm. It works on a full disk too, on the room that the option
   * `rocksdb.spaceReserve` has kept, and so makes room there; once that is used up it rejects with SHALE_NO_SPACE
   * until `wal.resume()`.
   */
  trim(upTo: SequenceInput, options?: WriteOptions): Promise<TrimResult> {
    return new Promise((resolve, reject) => {
      try {
        const sequence = toU64('upTo', upTo);
        const { sync, signal } = readWriteOptions('trim', options, this.#usual);
        this.#requireOwn();
        if (this.#seat.isVacant) {
          resolve(this.#seat.run(() => this.#trim(sequence, sync, signal), signal));
          return;
        }
        this.#engine.requireWritable();
        this.#engine.trim(this.#ref, sequence, sync, signal, resolve, reject);
      } catch (error) {
        inTurn(reject, error);
      }
    });
  }

  #trim(upTo: bigint, sync: boolean, signal: AbortSignal | undefined): Promise<TrimResult> {
    return new Promise((resolve, reject) => {
      this.#engine.requireWritable();
      this.#engine.trim(this.#ref, upTo, sync, signal, resolve, reject);
    });
  }

  /**
   * Resolves when everything in the table up to and including a sequence is on stable storage, so that no power cut takes
   * it, whichever way it gets there: by an acknowledgement of `'sync'` for something that was written to whatever table,
   * `wal.sync()`, `wal.flush()`, or `syncWithinMs` of `openWal` or of a follow. It asks for none of these: without them it
   * waits, and keeps the process running. An empty batch writes nothing, and a trim may find nothing to remove. Entries that
   * are not written yet are waited for, too. Trimmed ones need not be there: it resolves as if they were.
   *
   * Rejects with SHALE_TRIMMED when the table is dropped meanwhile, SHALE_POISONED when a sync has failed,
   * SHALE_INVALID_ARGUMENT, SHALE_READ_ONLY, SHALE_CLOSED when the WAL is closed before, SHALE_CORRUPT when the table cannot
   * be recovered, and with the signal's reason.
   */
  durable(sequence: SequenceInput, options?: DurableOptions): Promise<void> {
    return refusedInTurn(async () => {
      const upTo = toU64('sequence', sequence);
      const { signal } = options === undefined ? {} : readBag('durable', options, DURABLE_OPTIONS);
      const checked = checkSignal(signal);
      await this.#seat.run(async () => {
        this.#engine.requireWritable();
        if (upTo === 0n) await nextTurn();
        else await this.#engine.durables.wait(this.#ref, upTo, checked);
      }, checked);
    });
  }

  /**
   * The first sequence that may have been appended at or after a time: what stands before it was appended earlier. Where
   * the table has a time mark of that moment it is exact; otherwise it is that of the mark before, the table's first
   * sequence before all marks. Marks are a 64th of the age that is retained apart, but at least a second and at most a
   * minute; of what is older, an eighth of its age or less. After a pause in writing the next mark comes within twice
   * that. A time after all entries gives the sequence after the last one, once there is a mark behind that.
   *
   * Only tables that are retained by age have marks, from when that was set: without, it rejects with SHALE_NOT_FOUND.
   * Rejects with SHALE_INVALID_ARGUMENT, SHALE_CLOSED and SHALE_CORRUPT. A table never written gives 1n.
   *
   * @param time a Date, or milliseconds since 1970, by the clock of the machine
   */
  at(time: Date | number): Promise<bigint> {
    return this.#seat.run(async () => {
      const ms = toMs('time', time);
      const engine = this.#engine;
      engine.lifecycle.requireOpen();
      const address = await this.#locate();
      if (address === null) {
        await nextTurn();
        return 1n;
      }
      return await engine.ask<'timeAt'>(
        { address, name: this.#ref.name },
        { kind: 'timeAt', id: address.id, ms },
      );
    });
  }

  /** The smallest readable sequence; the last plus one when all was trimmed; 0n for a table never written. */
  async firstSequence(): Promise<bigint> {
    return (await this.#ends()).first;
  }

  /** The largest sequence ever given out, trimmed or not; 0n for a table never written. */
  async lastSequence(): Promise<bigint> {
    return (await this.#ends()).last;
  }

  /**
   * Removes the table for good: its entries, its metadata record, and its name if it has one. Afterwards it is as never
   * written, and its sequences begin at 1 again. Only for ids that are retired: the record is one for the same table id
   * of all regions, and without it such a table that was trimmed empty would begin at 1 again, too. It stands between
   * the appends before and after it as {@link trim} does.
   *
   * Rejects with SHALE_OVERLOADED as {@link append} does, and with SHALE_OUTCOME_UNKNOWN when the shard's thread
   * died: drop it again.
   */
  drop(options?: WriteOptions): Promise<void> {
    return this.#seat.run(() => this.#drop(options));
  }

  async #drop(options: WriteOptions | undefined): Promise<void> {
    const { sync, signal } = readWriteOptions('drop', options, this.#usual);
    this.#engine.requireWritable();
    this.#engine.requireOpener('table.drop');
    this.#requireOwn();
    const { catalog, reclaimer, trimEvents } = this.#engine;
    const { name } = this.#ref;
    const dropped = this.#engine.remove(this.#ref, signal, async (address, cost) => {
      const dropData = async (of: Address): Promise<void> => {
        await reclaimer.drop(of.id, () => this.#engine.send(dropOf({ address: of, name, sync, cost })));
        if (trimEvents.isHeard) trimEvents.dropped({ id: of.id, name, sync });
      };
      if (name === null) await dropData(address);
      else await catalog.drop(this.#ref, dropData);
    });
    const { address } = this.#ref;
    if (address !== null) {
      this.#engine.drops.add(address.id, dropped);
      this.#engine.retention.suspect(address.id, dropped);
    }
    await dropped;
  }

  /** @internal Whether it is a table, and not only looks like one. */
  static is(value: object): value is Table<unknown, unknown> {
    return #seat in value;
  }

  /** @internal Whether it is a table of `engine`. */
  isOf(engine: Engine): boolean {
    return engine === this.#engine;
  }

  /** @internal What a consumer needs of it. */
  place(): { readonly ref: TableRef; readonly codec: PayloadCodec<T, Input> } {
    return { ref: this.#ref, codec: this.#codec };
  }

  /** @internal The first half of a batch: runs all code of the caller that there is. */
  gather(payloads: readonly Input[]): GatheredBatch {
    return gatherBatch(this.#codec, payloads, this.#engine.options.maxInFlightBytes);
  }

  /** @internal The second half: runs none, and none may run until what it returns is copied. */
  measure(batch: GatheredBatch, expect: bigint | undefined): PendingPart {
    this.#requireOwn();
    const payloads = measureBatch(batch);
    return { ref: this.#ref, payloads, count: payloads.count, bytes: bytesOf(payloads), expect };
  }

  #writer(call: string, options: WriterOptions | undefined): TableWriter<Input> {
    const checked = readWriterOptions(call, options, this.#usual);
    const engine = this.#engine;
    engine.requireWritable();
    this.#requireOwn();
    return new TableWriter({
      engine,
      ref: this.#ref,
      codec: this.#codec,
      options: checked,
      lastSequence: async () => (await this.#endsNow(engine)).last,
    });
  }

  #stream(
    call: string,
    range: ReadRange,
    options: StreamReadOptions,
  ): AsyncIterable<Entry<T> | TableChunk<T>> {
    const { read, of } = readStreamOptions(call, options);
    const entries = this.read(range, read);
    return of === 'entries' ? entries : entries.chunks();
  }

  /** Throws SHALE_INVALID_ARGUMENT for a table of a name that was asked for by its id. */
  #requireOwn(): void {
    if (!this.#ref.isReserved) return;
    throw invalid(
      'table',
      'the ids from 2^63 on of region 0 belong to tables with a name: use the name to append, trim or drop; the id can be read',
    );
  }

  async #ends(): Promise<{ first: bigint; last: bigint }> {
    return await this.#seat.run(async () => {
      const engine = this.#engine;
      engine.lifecycle.requireOpen();
      return await this.#endsNow(engine);
    });
  }

  /** The same while the WAL is closing. */
  async #endsNow(engine: Engine): Promise<{ first: bigint; last: bigint }> {
    const address = await this.#locate();
    if (address === null) {
      await nextTurn();
      return { first: 0n, last: 0n };
    }
    return await engine.ask<'ends'>({ address, name: this.#ref.name }, { kind: 'ends', id: address.id });
  }

  /** Where the table is; null when its name does not exist. */
  async #locate(): Promise<Address | null> {
    if (this.#ref.address === null && this.#ref.name !== null) await this.#engine.catalog.find(this.#ref);
    return this.#ref.address;
  }
}

import { errorFromData, mustBe, type TableId, toU64, WalError } from '@shale/codec';
import { readBag, toPath } from '@shale/storage';
import { abortReason, checkSignal, hasAborted, onAbort } from '../abort.js';
import type { ConsumerInfo, ConsumerPosition } from '../consumer/consumer-info.js';
import type { SeekTo } from '../consumer/seek.js';
import type { FollowGap } from '../follow/cursor.js';
import type { FollowPosition } from '../follow/follow-options.js';
import { type IdInput, type TableIdInput, toName, toTableId } from '../ids.js';
import type { WalMetrics } from '../metrics.js';
import { type Entry, EntryOfTable } from '../read/entry.js';
import type { RetainOptions } from '../retention/limits.js';
import type { RetainedTables, RetentionInfo } from '../retention/retain.js';
import { readRetained, readRetention } from './retained.js';
import { SizedTableOfReply } from './sized-table.js';
import { type Opening, Transport } from './transport.js';
import type { Begin, LargestTables, Reply, Request, Target } from './wire.js';

/** How to look into a WAL. */
export interface InspectOptions {
  /**
   * Which WAL of the database.
   *
   * @range 0 to 126
   * @defaultValue 0
   */
  readonly instance?: number | undefined;
  /**
   * Milliseconds until the process has to answer for the first time: SHALE_IO when its event loop is busy for longer.
   *
   * @range 1 to 2^31-1
   * @defaultValue 10000
   */
  readonly timeoutMs?: number | undefined;
  /** Gives up waiting for the process, here and where a follow begins: rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What `wal.metrics()` tells in the process that has the WAL open, less RocksDB's report as text. */
export interface InspectedMetrics extends Omit<WalMetrics, 'rocksdb'> {
  /** RocksDB's own numbers, of the whole database. */
  readonly rocksdb: Omit<WalMetrics['rocksdb'], 'text'>;
}

/** All tables of a region. */
export interface RegionTarget {
  /** The region's id. */
  readonly region: IdInput;
}

/** A place before the end of a table. */
export interface LastEntries {
  /**
   * How many of the entries that are there come first.
   *
   * @range 0 to 2^53-1
   */
  readonly last: number;
}

/** What to follow in another process, and from where. */
export interface InspectFollowOptions {
  /**
   * A table by its name or ids, all tables of a region, or all there are.
   *
   * @defaultValue all
   */
  readonly target?: string | TableIdInput | RegionTarget | undefined;
  /**
   * Where to begin: with the first entry, behind the last one; and in a single table behind a sequence, or so many
   * entries before the end.
   *
   * @defaultValue `'end'`
   */
  readonly from?: 'start' | 'end' | FollowPosition | LastEntries | undefined;
  /**
   * What is seen: everything that was acknowledged, or only what is on stable storage.
   *
   * @defaultValue `'acknowledged'`
   */
  readonly visibility?: 'durable' | 'acknowledged' | undefined;
}

/** Entries of a table, or what is missing before those that come. */
export interface InspectedChunk {
  /** The ids of the table. */
  readonly table: TableId;
  /** The table's name; null when it has none. */
  readonly name: string | null;
  /** What was trimmed or lost before the entries that come next; then there are none here. Null otherwise. */
  readonly gap: FollowGap | null;
  /** The entries, in order. */
  readonly entries: readonly Entry[];
}

const INSPECT_OPTIONS = ['instance', 'timeoutMs', 'signal'] as const;
const FOLLOW_OPTIONS = ['target', 'from', 'visibility'] as const;
const MOST_MS = 2 ** 31 - 1;

/**
 * Looks into a WAL that a process has open with `inspect: true`, by its socket: what `shale top` and `shale tail` do.
 * Nothing of the log's files is opened. What is asked costs the process some of its event loop.
 *
 * Rejects with SHALE_NOT_FOUND when no process has it open, SHALE_UNSUPPORTED when one has that lets nobody look into it
 * or uses another version of Shale, SHALE_OVERLOADED when too many do already, SHALE_IO when it does not answer or belongs
 * to another user, and SHALE_INVALID_ARGUMENT.
 */
export async function inspect(directory: string | URL, options: InspectOptions = {}): Promise<Inspection> {
  const path = toPath(directory, 'directory');
  const { instance = 0, timeoutMs = 10_000, signal } = readBag('inspect', options, INSPECT_OPTIONS);
  const open = {
    path,
    instance: requireInteger('instance', instance, 0, 126),
    timeoutMs: requireInteger('timeoutMs', timeoutMs, 1, MOST_MS),
    signal: checkSignal(signal),
  };
  return new Inspection(await Transport.open(open), open);
}

/**
 * A look into a WAL that a process has open; made by `inspect`. Once the WAL is closed its methods reject with
 * SHALE_CLOSED, and with SHALE_IO once the process is gone; `follow` as `inspect` does.
 */
export class Inspection implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #opening: Opening;

  /** @internal */
  constructor(transport: Transport, opening: Opening) {
    this.#transport = transport;
    this.#opening = opening;
  }

  /** The process that has the WAL open. */
  get pid(): number {
    return this.#transport.greeting.pid;
  }

  /** The real path of the database, as that process sees it. */
  get path(): string {
    return this.#transport.greeting.path;
  }

  /**
   * Resolves, asked or not, once nothing is answered any more: with SHALE_CLOSED when the WAL or this inspection is closed,
   * with SHALE_IO when the process is gone. `details.pid` is there only when the process has closed the WAL.
   */
  get ended(): Promise<WalError> {
    return this.#transport.ended;
  }

  /** What `wal.metrics()` tells there, at most a tenth of a second old. */
  async metrics(): Promise<InspectedMetrics> {
    const reply = await ask(this.#transport, { is: 'metrics' });
    return reply.metrics as InspectedMetrics;
  }

  /**
   * The largest tables, at most 64, as they were up to ten seconds ago. Of more than 4096 tables only the first ones are
   * looked at, and `isAll` is false.
   */
  async tables(): Promise<LargestTables> {
    const { tables, seen, isAll } = await ask(this.#transport, { is: 'tables' });
    return { tables: tables.map((table) => new SizedTableOfReply(table)), seen, isAll };
  }

  /** Every consumer, and how far it is behind, as `wal.consumers({ ages: true })` tells it there up to a second ago. */
  async consumers(): Promise<readonly ConsumerInfo[]> {
    return (await ask(this.#transport, { is: 'consumers' })).consumers;
  }

  /** Where a consumer is in each table, as `wal.consumerPositions()` tells it there, with ages. Rejects as that does. */
  async *consumerPositions(name: string): AsyncGenerator<ConsumerPosition, void, undefined> {
    requireText('name', name);
    for (let from: TableId | null = null; ; ) {
      const page: Reply & { readonly is: 'positions' } = await ask(this.#transport, {
        is: 'positions',
        consumer: name,
        from,
      });
      yield* page.positions;
      if (page.next === null) return;
      from = page.next;
    }
  }

  /**
   * Moves the position of a consumer in a table there, as `wal.seekConsumer()` does: one that is open goes on where it is
   * moved to. Rejects as that does.
   */
  async seekConsumer(name: string, table: string | TableIdInput, to: SeekTo): Promise<bigint> {
    requireText('name', name);
    const which = typeof table === 'string' ? { name: toName(table) } : toTableId(table);
    const where = typeof to === 'object' ? toBegin(to) : to;
    if (where !== 'start' && where !== 'end' && (typeof where !== 'object' || !('after' in where))) {
      throw mustBe('to', "'start', 'end' or { after }", to);
    }
    const { position } = await ask(this.#transport, { is: 'seek', consumer: name, table: which, to: where });
    return position;
  }

  /** Drops a consumer there, as `wal.dropConsumer()` does: one that is open is fenced. False when there was none. */
  async dropConsumer(name: string): Promise<boolean> {
    requireText('name', name);
    return (await ask(this.#transport, { is: 'dropConsumer', consumer: name })).wasThere;
  }

  /** Everything that is retained there, as `wal.retentions()` tells it. */
  async retentions(): Promise<readonly RetentionInfo[]> {
    return (await ask(this.#transport, { is: 'retentions' })).retentions;
  }

  /**
   * Sets what is retained of tables there, or removes that, as `wal.retain()` does: `'all'`, or what has a `region`, a `region`
   * and a `table`, a `name`, or a `prefix` of names. Rejects as that does.
   */
  async retain(target: 'all' | RetainedTables, options: RetainOptions | null): Promise<void> {
    await ask(this.#transport, {
      is: 'retain',
      target: readRetained(target),
      options: readRetention(options),
    });
  }

  /**
   * Follows tables over a connection of its own; resolves when it is fixed where it begins. What was trimmed before it
   * came is told as a gap. The process holds a chunk for it, however slowly it is read.
   *
   * Rejects as `inspect` does, and as a follow in the process itself.
   */
  async follow(options: InspectFollowOptions = {}): Promise<InspectedFollow> {
    const { target, from = 'end', visibility = 'acknowledged' } = readBag('follow', options, FOLLOW_OPTIONS);
    const request = { is: 'follow', target: toTarget(target), from: toBegin(from) } as const;
    const isOfMany = request.target === 'all' || !('name' in request.target || 'table' in request.target);
    if (isOfMany && typeof request.from === 'object') {
      throw mustBe('from', "'start' or 'end' unless target is a table", from);
    }
    if (visibility !== 'durable' && visibility !== 'acknowledged') {
      throw mustBe('visibility', "'durable' or 'acknowledged'", visibility);
    }
    const { signal } = this.#opening;
    const transport = await Transport.open(this.#opening);
    const cancel = onAbort(signal, () => transport.close());
    try {
      if (hasAborted(signal)) throw abortReason(signal);
      const { last } = await ask(transport, { ...request, visibility });
      return new InspectedFollow(transport, last);
    } catch (error) {
      transport.close();
      throw hasAborted(signal) ? abortReason(signal) : error;
    } finally {
      cancel();
    }
  }

  /** Disconnects. Follows go on, for they have connections of their own. */
  async close(): Promise<void> {
    this.#transport.close();
  }

  /** `await using` disconnects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Entries of another process, as they come. Iterate it once. It ends when the process closes the WAL: what it has not
 * given by then does not come any more, be it acknowledged. It fails with SHALE_IO when the process is gone, or closes the
 * WAL in the middle of a chunk, and as a follow does.
 */
export class InspectedFollow implements AsyncIterable<InspectedChunk>, AsyncDisposable {
  /** The last sequence that its table had when it began; 0n for none, and of many tables. */
  readonly last: bigint;
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport, last: bigint) {
    this.#transport = transport;
    this.last = last;
  }

  /** Chunks of entries, and gaps. */
  async *[Symbol.asyncIterator](): AsyncGenerator<InspectedChunk, void, undefined> {
    const transport = this.#transport;
    try {
      // One is on its way while another is used.
      let next = request(transport);
      for (;;) {
        const chunk = await next;
        if (chunk === null) return;
        next = request(transport);
        yield chunk;
      }
    } finally {
      transport.close();
    }
  }

  /** Disconnects: the iteration ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#transport.close();
  }
}

/** The next chunk; null at the end. Whoever awaits it gets its failure. */
function request(transport: Transport): Promise<InspectedChunk | null> {
  const chunk = nextChunk(transport);
  chunk.catch(() => undefined);
  return chunk;
}

async function nextChunk(transport: Transport): Promise<InspectedChunk | null> {
  try {
    const { reply, payload } = await transport.ask({ is: 'next' });
    const { name, region, table, gap, first, sizes } = expectReply(reply, 'chunk');
    let at = 0;
    const entries = sizes.map((size, i) => {
      const entry = new EntryOfTable<Uint8Array>(first + BigInt(i), payload.subarray(at, at + size));
      at += size;
      return entry;
    });
    return { table: { region, table }, name, gap, entries };
  } catch (error) {
    if (error instanceof WalError && error.code === 'SHALE_CLOSED') return null;
    throw error;
  }
}

interface Answered {
  readonly metrics: 'metrics';
  readonly tables: 'tables';
  readonly consumers: 'consumers';
  readonly positions: 'positions';
  readonly seek: 'sought';
  readonly dropConsumer: 'dropped';
  readonly retentions: 'retentions';
  readonly retain: 'retained';
  readonly follow: 'following';
}

async function ask<R extends Request & { readonly is: keyof Answered }>(
  transport: Transport,
  request: R,
): Promise<Reply & { readonly is: Answered[R['is']] }> {
  const { reply } = await transport.ask(request);
  const answers: Readonly<Record<keyof Answered, Reply['is']>> = {
    metrics: 'metrics',
    tables: 'tables',
    consumers: 'consumers',
    positions: 'positions',
    seek: 'sought',
    dropConsumer: 'dropped',
    retentions: 'retentions',
    retain: 'retained',
    follow: 'following',
  };
  return expectReply(reply, answers[request.is]) as Reply & { readonly is: Answered[R['is']] };
}

/** Throws the error that the process answers. */
function expectReply<K extends Reply['is']>(reply: Reply, is: K): Reply & { readonly is: K } {
  if (reply.is === 'error') throw errorFromData(reply.error);
  if (reply.is !== is) throw new WalError('SHALE_INTERNAL', `the process has answered ${reply.is}`);
  return reply as Reply & { readonly is: K };
}

function toTarget(target: unknown): Target {
  if (target === undefined) return 'all';
  if (typeof target === 'string') return { name: toName(target) };
  if (typeof target !== 'object' || target === null) {
    throw mustBe('target', 'a name, { region, table } or { region }', target);
  }
  if ('table' in target) return toTableId(target as TableIdInput);
  const { region } = readBag('target', target, ['region']);
  return { region: toU64('region', region) };
}

function toBegin(from: unknown): Begin {
  if (from === 'start' || from === 'end') return from;
  if (typeof from !== 'object' || from === null) {
    throw mustBe('from', "'start', 'end', { after } or { last }", from);
  }
  if ('last' in from) {
    const { last } = readBag('from', from, ['last']);
    return { last: requireInteger('last', last, 0, Number.MAX_SAFE_INTEGER) };
  }
  const { after } = readBag('from', from, ['after']);
  return { after: toU64('after', after) };
}

function requireText(name: string, value: unknown): void {
  if (typeof value !== 'string') throw mustBe(name, 'a string', value);
}

function requireInteger(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw mustBe(name, `an integer from ${least} to ${most}`, value);
}

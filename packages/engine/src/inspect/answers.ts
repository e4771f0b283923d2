import { errorToData, mustBe } from '@shale/codec';
import type { ConsumerPosition } from '../consumer/consumer-info.js';
import type { FollowChunk } from '../follow/follow-chunk.js';
import type { Wal } from '../wal.js';
import { retainedIn } from './retained.js';
import { type ChunkHead, type Reply, type Request, type TableSize, toLine } from './wire.js';

/** How long an answer serves all who ask. Whoever asks in a loop costs the thread no more than that. Milliseconds. */
const METRICS_MS = 100;
const TABLES_MS = 10_000;
const CONSUMERS_MS = 1000;
/** Positions in an answer. */
const MOST_POSITIONS = 1024;
/** Tables that are looked at for the largest: looking at one takes a shard's thread some microseconds. */
const MOST_SEEN = 4096;
const MOST_LISTED = 64;
const FOLLOW_OPTIONS = { onTrimmed: 'skip', chunkBytes: 64 * 1024, chunkEntries: 4096 } as const;

/** A line, and bytes behind it. */
export interface Answer {
  readonly line: string;
  readonly payload: Buffer | null;
}

/** What a WAL answers to those who look into it, whoever asks. */
export class Answers {
  readonly #wal: Wal;
  #metrics: { readonly line: string; readonly at: number } | null = null;
  readonly #tables: Kept;
  readonly #consumers: Kept;

  constructor(wal: Wal) {
    this.#wal = wal;
    this.#tables = new Kept(TABLES_MS, async () => toLine({ is: 'tables', ...(await largest(wal)) }));
    this.#consumers = new Kept(CONSUMERS_MS, async () =>
      toLine({ is: 'consumers', consumers: await wal.consumers({ ages: true }) }),
    );
  }

  metrics(): string {
    const now = performance.now();
    if (this.#metrics === null || now - this.#metrics.at >= METRICS_MS) {
      const { rocksdb, ...metrics } = this.#wal.metrics();
      // Of RocksDB's report as text nobody reads a line here.
      const { text: _, ...numbers } = rocksdb;
      const line = toLine({ is: 'metrics', metrics: { ...metrics, rocksdb: numbers } });
      this.#metrics = { line, at: now };
    }
    return this.#metrics.line;
  }

  async tables(): Promise<string> {
    return await this.#tables.line();
  }

  async consumers(): Promise<string> {
    return await this.#consumers.line();
  }

  async positions({ consumer, from }: Request & { is: 'positions' }): Promise<string> {
    const positions: ConsumerPosition[] = [];
    const options = from === null ? { ages: true } : { from, ages: true };
    for await (const position of this.#wal.consumerPositions(consumer, options)) {
      if (positions.length === MOST_POSITIONS)
        return toLine({ is: 'positions', positions, next: position.table });
      positions.push(position);
    }
    return toLine({ is: 'positions', positions, next: null });
  }

  async seek({ consumer, table, to }: Request & { is: 'seek' }): Promise<string> {
    const wal = this.#wal;
    const which = 'name' in table ? wal.table(table.name) : wal.table(table);
    const position = await wal.seekConsumer(consumer, which, to);
    this.#consumers.forget();
    return toLine({ is: 'sought', position });
  }

  async dropConsumer({ consumer }: Request & { is: 'dropConsumer' }): Promise<string> {
    const wasThere = await this.#wal.dropConsumer(consumer);
    this.#consumers.forget();
    return toLine({ is: 'dropped', wasThere });
  }

  async retentions(): Promise<string> {
    return toLine({ is: 'retentions', retentions: await this.#wal.retentions() });
  }

  async retain({ target, options }: Request & { is: 'retain' }): Promise<string> {
    await this.#wal.retain(retainedIn(this.#wal, target), options);
    return toLine({ is: 'retained' });
  }

  /** Begins a follow; resolves once it has begun. */
  async follow({ target, from, visibility }: Request & { is: 'follow' }): Promise<Following> {
    const wal = this.#wal;
    if (target === 'all' || !('name' in target || 'table' in target)) {
      if (from !== 'start' && from !== 'end') throw mustBe('from', "'start' or 'end'", from);
      const wide = target === 'all' ? wal : wal.region(target.region);
      const following = new Following(wide.follow({ ...FOLLOW_OPTIONS, from, visibility }), 0n);
      await following.ready;
      return following;
    }
    const table = 'name' in target ? wal.table(target.name) : wal.table(target);
    const [first, last] = await Promise.all([table.firstSequence(), table.lastSequence()]);
    const begin = typeof from === 'object' && 'last' in from ? before(first, last, from.last) : from;
    const following = new Following(table.follow({ ...FOLLOW_OPTIONS, from: begin, visibility }), last);
    await following.ready;
    return following;
  }
}

/** An answer that serves all who ask for a while. */
class Kept {
  readonly #forMs: number;
  readonly #make: () => Promise<string>;
  #now: { readonly line: Promise<string>; readonly at: number } | null = null;

  constructor(forMs: number, make: () => Promise<string>) {
    this.#forMs = forMs;
    this.#make = make;
  }

  line(): Promise<string> {
    const at = performance.now();
    if (this.#now === null || at - this.#now.at >= this.#forMs) {
      const fresh = { line: this.#make(), at };
      this.#now = fresh;
      fresh.line.catch(() => {
        if (this.#now === fresh) this.#now = null;
      });
    }
    return this.#now.line;
  }

  /** It is not true any more. */
  forget(): void {
    this.#now = null;
  }
}

/** What a follow of whatever tables has. */
interface AnyFollow extends AsyncDisposable {
  unref(): void;
  readonly ready: Promise<void>;
  chunks(): AsyncIterator<FollowChunk>;
}

/** A follow as one of those who look in asks for it, chunk by chunk. */
export class Following {
  readonly #follow: AnyFollow;
  readonly #chunks: AsyncIterator<FollowChunk>;
  /** The table's last sequence when it began, 0n for none and of many tables. */
  readonly last: bigint;

  constructor(follow: AnyFollow, last: bigint) {
    this.#follow = follow;
    // Who looks in from elsewhere keeps nothing running here.
    follow.unref();
    this.#chunks = follow.chunks();
    this.last = last;
  }

  get ready(): Promise<void> {
    return this.#follow.ready;
  }

  /** What comes next; null when the follow is over. */
  async next(): Promise<Answer | null> {
    const result = await this.#chunks.next();
    if (result.done === true) return null;
    const chunk = result.value;
    const payloads = Array.from({ length: chunk.length }, (_, i) => chunk.payloadAt(i));
    const head: ChunkHead = {
      is: 'chunk',
      name: chunk.name,
      region: chunk.table.region,
      table: chunk.table.table,
      gap: chunk.gap,
      first: chunk.first,
      sizes: payloads.map((payload) => payload.length),
    };
    return { line: toLine(head), payload: Buffer.concat(payloads) };
  }

  async end(): Promise<void> {
    await this.#follow[Symbol.asyncDispose]();
  }
}

/**
 * The request that a line makes. Throws SHALE_INVALID_ARGUMENT for what is none; what is in one of a follow is checked
 * where it is used.
 */
export function readRequest(said: unknown): Request {
  if (isFields(said)) {
    const { is, target, from, visibility } = said;
    if (is === 'hello' || is === 'metrics' || is === 'tables' || is === 'consumers' || is === 'next')
      return { is };
    if (is === 'retentions') return { is };
    const ofConsumer = readOfConsumer(said);
    if (ofConsumer !== null) return ofConsumer;
    const isTarget = target === 'all' || isFields(target);
    const { options } = said;
    if (is === 'retain' && isTarget && (options === null || isFields(options)))
      return { is, target, options } as Request;
    const isBegin = from === 'start' || from === 'end' || isFields(from);
    if (is === 'follow' && isTarget && isBegin) return { is, target, from, visibility } as Request;
  }
  throw mustBe('request', 'one of those of wire.ts', said);
}

/** The same of one that is about a consumer; null for others. */
function readOfConsumer(said: Readonly<Record<string, unknown>>): Request | null {
  const { is, consumer, from, table, to } = said;
  if (typeof consumer !== 'string') return null;
  if (is === 'dropConsumer') return { is, consumer };
  if (is === 'positions' && (from === null || isFields(from))) return { is, consumer, from } as Request;
  const isTo = to === 'start' || to === 'end' || isFields(to);
  return is === 'seek' && isFields(table) && isTo ? ({ is, consumer, table, to } as Request) : null;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** An error as an answer. */
export function failure(error: unknown): string {
  const { stack: _, ...data } = errorToData(error);
  return toLine({ is: 'error', error: data } satisfies Reply);
}

/** Where a follow begins that is to give so many entries that are there. None is read: sequences have no holes. */
function before(first: bigint, last: bigint, entries: number): 'start' | { readonly after: bigint } {
  const after = last - BigInt(entries);
  return after < first ? 'start' : { after };
}

async function largest(wal: Wal): Promise<Omit<Reply & { readonly is: 'tables' }, 'is'>> {
  const tables: TableSize[] = [];
  let seen = 0;
  let isAll = true;
  for await (const { id, name, entries, bytes } of wal.tables()) {
    if (seen === MOST_SEEN) {
      isAll = false;
      break;
    }
    seen++;
    tables.push({ name: name ?? null, region: id.region, table: id.table, entries, bytes });
  }
  tables.sort((one, other) => other.bytes - one.bytes);
  return { tables: tables.slice(0, MOST_LISTED), seen, isAll };
}

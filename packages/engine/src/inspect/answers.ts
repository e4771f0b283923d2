import { errorToData, mustBe } from '@shale/codec';
import type { FollowChunk } from '../follow/follow-chunk.js';
import type { Wal } from '../wal.js';
import { type ChunkHead, type Reply, type Request, type TableSize, toLine } from './wire.js';

/** How long an answer serves all who ask. Whoever asks in a loop costs the thread no more than that. Milliseconds. */
const METRICS_MS = 100;
const TABLES_MS = 10_000;
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
  #tables: { readonly line: Promise<string>; readonly at: number } | null = null;

  constructor(wal: Wal) {
    this.#wal = wal;
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
    const now = performance.now();
    if (this.#tables === null || now - this.#tables.at >= TABLES_MS) {
      const line = largest(this.#wal).then((tables) => toLine({ is: 'tables', ...tables }));
      const fresh = { line, at: now };
      this.#tables = fresh;
      line.catch(() => {
        if (this.#tables === fresh) this.#tables = null;
      });
    }
    return await this.#tables.line;
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

/** What a follow of whatever tables has. */
interface AnyFollow extends AsyncDisposable {
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
    if (is === 'hello' || is === 'metrics' || is === 'tables' || is === 'next') return { is };
    const isTarget = target === 'all' || isFields(target);
    const isBegin = from === 'start' || from === 'end' || isFields(from);
    if (is === 'follow' && isTarget && isBegin) return { is, target, from, visibility } as Request;
  }
  throw mustBe('request', 'hello, metrics, tables, follow or next', said);
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

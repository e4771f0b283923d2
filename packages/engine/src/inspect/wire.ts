/*
 * What a process and those who look into it say to each other over its socket: lines of JSON, the process first. Only
 * the same version of Shale understands it, which is why the greeting names it. A request is answered before the next
 * one is taken up. Behind the line of a chunk stand the payloads of its entries, back to back.
 */
import type { ErrorData, TableId } from '@shale/codec';
import type { ConsumerInfo, ConsumerPosition } from '../consumer/consumer-info.js';
import type { SeekTo } from '../consumer/seek.js';
import type { WalMetrics } from '../metrics.js';
import type { RetainOptions } from '../retention/limits.js';
import type { RetentionInfo } from '../retention/retain.js';

/** The first line, from the process. */
export interface Greeting {
  readonly is: 'shale';
  readonly version: string;
  readonly pid: number;
  /** The real path of the database, as the process sees it. */
  readonly path: string;
  readonly instance: number;
}

/** A table by its name or ids. */
export type OneTable = { readonly name: string } | { readonly region: bigint; readonly table: bigint };

/** What to follow: a table, a region, or everything. */
export type Target = OneTable | { readonly region: bigint } | 'all';

/** Which tables are retained. */
export type Retained = Target | { readonly prefix: string };

/** Where to begin: `last` is so many entries before the end, of one table. */
export type Begin = 'start' | 'end' | { readonly after: bigint } | { readonly last: number };

/** What can be asked of a process. */
export type Request =
  /** Says that it is one of those who ask, whenever that may be. */
  | { readonly is: 'hello' }
  | { readonly is: 'metrics' }
  | { readonly is: 'tables' }
  | { readonly is: 'consumers' }
  /** A page of a consumer's positions, from a table on; null begins. */
  | { readonly is: 'positions'; readonly consumer: string; readonly from: TableId | null }
  | { readonly is: 'seek'; readonly consumer: string; readonly table: OneTable; readonly to: SeekTo }
  | { readonly is: 'dropConsumer'; readonly consumer: string }
  | { readonly is: 'retentions' }
  /** Null removes what is retained of the tables. */
  | { readonly is: 'retain'; readonly target: Retained; readonly options: RetainOptions | null }
  | {
      readonly is: 'follow';
      readonly target: Target;
      readonly from: Begin;
      readonly visibility: 'durable' | 'acknowledged';
    }
  | { readonly is: 'next' };

/** A table and what it takes, as RocksDB estimates it. */
export interface SizedTable {
  /** Its name; null when it has none. */
  readonly name: string | null;
  /** The region's id; null when it is not known any more. */
  readonly region: bigint | null;
  /** The table's id. */
  readonly table: bigint;
  /** From its first sequence to its last. */
  readonly entries: bigint;
  /** Bytes on disk and in memory, as RocksDB estimates them. */
  readonly bytes: number;
  /** The table for `JSON.stringify`: ids and entries as text, since a number would not hold each one exactly. */
  toJSON(): object;
}

/** The same as it is sent. */
export type TableSize = Omit<SizedTable, 'toJSON'>;

/** The largest tables, the largest first. */
export interface LargestTables {
  /** At most 64. */
  readonly tables: readonly SizedTable[];
  /** Tables that were looked at. */
  readonly seen: number;
  /** Whether those are all. */
  readonly isAll: boolean;
}

/** A chunk of a follow, or what is missing before the next one. */
export interface ChunkHead {
  readonly is: 'chunk';
  readonly name: string | null;
  readonly region: bigint;
  readonly table: bigint;
  readonly gap: { readonly expected: bigint; readonly first: bigint } | null;
  /** The sequence of the first entry; the others follow without a hole. */
  readonly first: bigint;
  /** Bytes of each entry. */
  readonly sizes: readonly number[];
}

/** What the process says. */
export type Reply =
  | { readonly is: 'hello' }
  | { readonly is: 'metrics'; readonly metrics: Omit<WalMetrics, 'rocksdb'> & { readonly rocksdb: object } }
  | ({ readonly is: 'tables'; readonly tables: readonly TableSize[] } & Omit<LargestTables, 'tables'>)
  | { readonly is: 'consumers'; readonly consumers: readonly ConsumerInfo[] }
  | {
      readonly is: 'positions';
      readonly positions: readonly ConsumerPosition[];
      /** The table that the next page begins with; null at the end. */
      readonly next: TableId | null;
    }
  | { readonly is: 'sought'; readonly position: bigint }
  | { readonly is: 'dropped'; readonly wasThere: boolean }
  | { readonly is: 'retentions'; readonly retentions: readonly RetentionInfo[] }
  | { readonly is: 'retained' }
  /** The table's last sequence when the follow began, 0 for none; of many tables always 0. */
  | { readonly is: 'following'; readonly last: bigint }
  | ChunkHead
  | { readonly is: 'error'; readonly error: ErrorData }
  /** Unasked for: the WAL is closed, and so is the connection. */
  | { readonly is: 'closed' };

/** A message as a line, integers of any size exact. */
export function toLine(message: Greeting | Request | Reply): string {
  const json = JSON.stringify(message, (_, value: unknown) =>
    typeof value === 'bigint' ? { u64: String(value) } : value,
  );
  return `${json}\n`;
}

/** What a line says; what it is has to be checked. Throws a SyntaxError. */
export function fromLine(line: string): unknown {
  return JSON.parse(line, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('u64' in value)) return value;
    const { u64 } = value;
    if (typeof u64 !== 'string' || !/^\d{1,20}$/.test(u64)) throw new SyntaxError('not an integer');
    return BigInt(u64);
  });
}

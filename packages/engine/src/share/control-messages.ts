import type { MessagePort } from 'node:worker_threads';
import type { ErrorData, TableId } from '@shale/codec';
import type { LogStats } from '@shale/storage';
import type { ResolvedOptions } from '../options.js';
import type { Port } from '../shard/port.js';

/*
 * What the thread that opened a WAL and another one that uses it say to each other: over the port of a handle, once, and
 * from then on over a port of their own. Only what is rare goes this way; appends and reads have lines to the shards.
 */

/** The first word of who uses a handle. */
export interface Hello {
  readonly hello: string;
}

/** The answer to it. */
export type Welcome =
  | { readonly refused: ErrorData }
  | {
      readonly control: MessagePort;
      readonly path: string;
      readonly handleId: number;
      readonly options: ResolvedOptions;
    };

/** A question to the thread that opened the WAL, and what it is answered with. */
export type Question =
  /** A line to a shard. */
  | {
      readonly want: 'line';
      readonly shard: number;
      readonly cells: SharedArrayBuffer;
      readonly ear: SharedArrayBuffer;
    }
  /** The tables of names, which are made if they are not there. */
  | { readonly want: 'names'; readonly names: readonly string[] };

/** What only another process asks, since it has no view of the log of its own. */
export type FarQuestion =
  /** A write over tables of several shards: region, table, and so on, of each shard. */
  | {
      readonly want: 'joint';
      readonly shards: readonly number[];
      readonly ids: readonly BigUint64Array[];
      readonly frame: Uint8Array;
    }
  /** Everything that was written is put on stable storage. */
  | { readonly want: 'sync' }
  /** How far it is there: as with any answer. */
  | { readonly want: 'synced' }
  | { readonly want: 'stats' };

/** What the thread that opened the WAL is told. */
export type ToOpener =
  | { readonly ask: number; readonly question: Question }
  /** Tell when there is a table of the name, once; or do not any more. */
  | { readonly awaitName: string }
  | { readonly forgetName: string }
  /** Tables were trimmed up to a sequence each. */
  | { readonly trimmed: readonly { readonly id: TableId; readonly upTo: bigint }[] };

/** An answer to a question. */
export type Answer =
  | { readonly line: MessagePort | Port }
  | { readonly ids: readonly TableId[] }
  | { readonly frame: Uint8Array }
  | { readonly stats: LogStats }
  | { readonly done: true }
  | { readonly error: ErrorData };

/** What the thread that uses the WAL is told. */
export type FromOpener =
  | { readonly to: number; readonly answer: Answer }
  /** There is a table of the name. */
  | { readonly named: string }
  /** What was written is on stable storage. */
  | { readonly news: 'synced' }
  /** Writing goes on after trouble. */
  | { readonly news: 'resumed' }
  /** The WAL is closing. */
  | { readonly news: 'closing' };

/** The most names in one question. */
const MOST_NAMES = 4096;

/** Takes what has come as a message to the opener; null when it is none. */
export function toOpener(message: unknown): ToOpener | null {
  if (!isRecord(message)) return null;
  const { ask, question, awaitName, forgetName, trimmed } = message;
  if (typeof awaitName === 'string') return { awaitName };
  if (typeof forgetName === 'string') return { forgetName };
  if (Array.isArray(trimmed) && trimmed.every(isTrimmed)) return { trimmed };
  if (typeof ask !== 'number' || !isRecord(question)) return null;
  const { want, shard, cells, ear, names } = question;
  if (want === 'names' && Array.isArray(names) && names.length <= MOST_NAMES && names.every(isText))
    return { ask, question: { want, names } };
  if (want === 'line' && typeof shard === 'number' && isShared(cells) && isShared(ear))
    return { ask, question: { want, shard, cells, ear } };
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isShared(value: unknown): value is SharedArrayBuffer {
  return value instanceof SharedArrayBuffer;
}

function isTrimmed(value: unknown): value is { readonly id: TableId; readonly upTo: bigint } {
  if (!isRecord(value) || !isRecord(value.id)) return false;
  return [value.upTo, value.id.region, value.id.table].every(isU64);
}

function isU64(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value < 2n ** 64n;
}

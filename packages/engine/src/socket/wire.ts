/*
 * What a process that uses a WAL and the one that has opened it say to each other over a socket: messages of
 * `encodeMessage`, each a list of the channel, what is said, and perhaps how far the log is. Channel 0 is for what is rare,
 * as between threads; every line to a shard has a channel of its own, with the tasks and frames that go over the ports of
 * threads. Only the same version understands it, which is why both begin with that.
 */
import { type ErrorData, mustBe, type RecoveryReport } from '@shale/codec';
import type { LogStats } from '@shale/storage';
import type { ResolvedOptions } from '../options.js';
import { isFields, isMovable, isTable, isU64 } from '../shard/line-tasks.js';
import type { ShardReply } from '../shard/protocol.js';
import {
  type Answer,
  type FarQuestion,
  type FromOpener,
  type Question,
  type ToOpener,
  toOpener,
} from '../share/control-messages.js';

/** The channel of what is rare. */
export const CONTROL = 0;

/** The first word of the process that connects. */
export interface SocketHello {
  readonly hello: string;
  readonly pid: number;
}

/** The answer to it. */
export type SocketWelcome =
  | { readonly refused: ErrorData }
  | {
      readonly version: string;
      readonly pid: number;
      readonly path: string;
      readonly options: ResolvedOptions;
      readonly recovery: RecoveryReport;
      readonly stats: LogStats;
    };

/** What a process asks for. */
export type SocketQuestion =
  | Extract<Question, { readonly want: 'names' }>
  /** A line to a shard: a channel. */
  | { readonly want: 'line'; readonly shard: number }
  | FarQuestion;

/** What the process that opened the WAL is told on channel 0. */
export type ToOwner =
  | Exclude<ToOpener, { readonly ask: number }>
  | { readonly ask: number; readonly question: SocketQuestion }
  /** Whether to tell what is done to tables. */
  | { readonly listen: boolean }
  /** A table is watched for its being dropped, under a number that the other process gives it. */
  | { readonly watch: bigint; readonly id: { readonly region: bigint; readonly table: bigint } }
  | { readonly watchAnew: bigint }
  | { readonly unwatch: bigint };

/** What it says on channel 0. */
export type FromOwner =
  | Exclude<FromOpener, { readonly to: number }>
  | { readonly to: number; readonly answer: SocketAnswer }
  /** Not all was told that was done to the tables of a shard, and these watches have seen a drop. */
  | { readonly doubted: number; readonly dropped: readonly bigint[] };

/** An answer to a question; a line is a channel. */
export type SocketAnswer = Exclude<Answer, { readonly line: unknown }> | { readonly line: number };

/** What it says on the channel of a line. */
export type FromLine =
  /** With when a frame was written, by the clock of the machine. */
  | { readonly id: number; readonly reply: ShardReply; readonly times?: readonly [number, number] }
  | { readonly wrote: BigUint64Array; readonly isDurable: boolean }
  | LineOver;

/** Either ends a line by that. */
export interface LineOver {
  readonly over: true;
}

/** How far the log is written, and on stable storage. */
export interface HowFar {
  readonly written: bigint;
  readonly synced: bigint;
}

/** A message, taken apart. */
export interface Said {
  readonly channel: number;
  readonly body: unknown;
  readonly howFar: HowFar | null;
}

/** Takes a message apart. Throws SHALE_INVALID_ARGUMENT for what is none. */
export function takeApart(message: unknown): Said {
  if (Array.isArray(message)) {
    const [channel, body, written, synced]: readonly unknown[] = message;
    const hasChannel = typeof channel === 'number' && Number.isSafeInteger(channel) && channel >= 0;
    if (hasChannel && message.length === 2) return { channel, body, howFar: null };
    if (hasChannel && message.length === 4 && isU64(written) && isU64(synced))
      return { channel, body, howFar: { written, synced } };
  }
  throw mustBe('message', 'one of those of wire.ts', message);
}

/** The first word of a process; null when it is none. */
export function toHello(body: unknown): SocketHello | null {
  if (!isFields(body)) return null;
  const { hello, pid } = body;
  return typeof hello === 'string' && typeof pid === 'number' ? { hello, pid } : null;
}

/** What has come on channel 0; null when it is nothing that this version says. */
export function toOwner(body: unknown): ToOwner | null {
  if (!isFields(body)) return null;
  const { ask, question, listen, watch, id, watchAnew, unwatch } = body;
  if (typeof listen === 'boolean') return { listen };
  if (isU64(watchAnew)) return { watchAnew };
  if (isU64(unwatch)) return { unwatch };
  if (isU64(watch)) return isTable(id) ? { watch, id: id as { region: bigint; table: bigint } } : null;
  if (typeof ask === 'number' && isFields(question) && question.want !== 'names') {
    const known = toQuestion(question);
    return known === null ? null : { ask, question: known };
  }
  // Lines to it are asked for in another way.
  const shared = toOpener(body);
  if (shared === null || !('ask' in shared)) return shared;
  return shared.question.want === 'names' ? { ask: shared.ask, question: shared.question } : null;
}

function toQuestion({
  want,
  shard,
  shards,
  ids,
  frame,
}: Readonly<Record<string, unknown>>): SocketQuestion | null {
  if (want === 'sync' || want === 'synced' || want === 'stats') return { want };
  if (want === 'line') return isIndex(shard) ? { want, shard } : null;
  if (want !== 'joint' || !Array.isArray(shards) || !Array.isArray(ids) || !isMovable(frame)) return null;
  // In the order in which every writer asks them, so that no two wait for each other.
  const isOrdered = shards.every((each, i) => isIndex(each) && (i === 0 || each > shards[i - 1]));
  const isPaired = ids.every(
    (each) => each instanceof BigUint64Array && each.length > 0 && each.length % 2 === 0,
  );
  if (!isOrdered || !isPaired || shards.length === 0 || shards.length !== ids.length) return null;
  return { want, shards, ids, frame: frame as Uint8Array };
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 64;
}

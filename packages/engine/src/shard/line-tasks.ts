import type { ShardTaskKind, ShardTasks } from './protocol.js';

/** What those who have a line may ask for: not what concerns the thread itself, or the whole database. */
export type LineKind = Extract<
  ShardTaskKind,
  | 'append'
  | 'lend'
  | 'joint'
  | 'takeBack'
  | 'incarnation'
  | 'readStart'
  | 'readNext'
  | 'scanNext'
  | 'ends'
  | 'listNext'
  | 'cursorEnd'
  | 'namesFind'
  | 'namesOf'
  | 'timeAt'
  | 'stats'
>;

type Fields = Readonly<Record<string, unknown>>;

const U64 = 2n ** 64n;
/** No chunk is larger. */
const MOST_CHUNK_BYTES = 2 ** 32 - 1;
/** So many names or tables at a time, and items of a listing. */
const MOST_ITEMS = 65_536;
const LISTS: ReadonlySet<unknown> = new Set(['tables', 'verify', 'heads']);

const IS_TASK: Readonly<Record<LineKind, (task: Fields) => boolean>> = {
  append: ({ frame, slot }) => isMovable(frame) && Number.isInteger(slot),
  lend: ({ loan, ids }) => isU64(loan) && ids instanceof BigUint64Array && ids.length % 2 === 0,
  joint: ({ loan, states, frame }) => isU64(loan) && states instanceof BigUint64Array && isMovable(frame),
  takeBack: ({ loan, states }) => isU64(loan) && (states === null || states instanceof BigUint64Array),
  incarnation: () => true,
  readStart: ({ id, watch, bounds, strict, ...size }) =>
    isTable(id) && isU64(watch) && isBounds(bounds) && typeof strict === 'boolean' && isSize(size),
  readNext: ({ id, span, ...size }) => isTable(id) && isSpan(span) && isSize(size),
  scanNext: ({ cursor, region, at, chunkBytes, begin }) =>
    isCursor(cursor, begin) && isU64(region) && (at === null || isPosition(at)) && isBytes(chunkBytes),
  ends: ({ id }) => isTable(id),
  listNext: ({ list, region, cursor, limit, begin }) =>
    LISTS.has(list) && (region === null || isU64(region)) && isCursor(cursor, begin) && isCount(limit),
  cursorEnd: ({ cursor }) => Number.isSafeInteger(cursor),
  namesFind: ({ names }) => isList(names, (name) => typeof name === 'string'),
  namesOf: ({ ids }) => isList(ids, isTable),
  timeAt: ({ id, ms }) => isTable(id) && typeof ms === 'bigint',
  stats: () => true,
};

/** Whether what has come over a line is a task that may: with all its fields, each of which is of its kind. */
export function isLineTask(task: unknown): task is ShardTasks[LineKind] {
  if (!isFields(task)) return false;
  const { kind } = task;
  return typeof kind === 'string' && Object.hasOwn(IS_TASK, kind) && IS_TASK[kind as LineKind](task);
}

/** Whether a value is an object whose fields can be looked at. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

export function isU64(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value < U64;
}

export function isTable(value: unknown): boolean {
  return isFields(value) && isU64(value.region) && isU64(value.table);
}

/** Bytes that have memory of their own, which goes with them. */
export function isMovable(value: unknown): boolean {
  return value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.byteLength > 0;
}

function isBounds(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { from, to, limit, reverse } = value;
  return [from, to].every(isBound) && typeof limit === 'number' && limit >= 0 && typeof reverse === 'boolean';
}

/** It may be one beyond what a sequence can be, on both sides. */
function isBound(value: unknown): boolean {
  return value === undefined || (typeof value === 'bigint' && value >= -1n && value <= U64);
}

function isSpan(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { from, to, watch, strict, reverse } = value;
  return [from, to, watch].every(isU64) && [strict, reverse].every(isSwitch);
}

function isSwitch(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}

function isSize({ chunkBytes, maxEntries }: Fields): boolean {
  return isBytes(chunkBytes) && typeof maxEntries === 'number' && maxEntries >= 1;
}

function isBytes(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_CHUNK_BYTES;
}

function isCursor(cursor: unknown, begin: unknown): boolean {
  return Number.isSafeInteger(cursor) && typeof begin === 'boolean';
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_ITEMS;
}

function isPosition(value: unknown): boolean {
  return isFields(value) && isU64(value.table) && isU64(value.sequence) && typeof value.isRead === 'boolean';
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= MOST_ITEMS && value.every(isItem);
}

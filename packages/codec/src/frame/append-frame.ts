import { corrupt } from '../errors/refuse.js';
import { requireLittleEndian } from '../layout/byte-order.js';
import { FORMAT_VERSION } from '../layout/instance.js';
import { POSITION_VALUE_HEADER_LENGTH } from '../layout/position-record.js';
import { readU32LE } from '../layout/u64.js';
import {
  APPEND_DROPS,
  APPEND_EXPECTS,
  APPEND_ID,
  APPEND_JOINS,
  APPEND_POSITION,
  APPEND_STRIDE,
  APPEND_TRIMS,
  EXPECT_STRIDE,
  FRAME_ELEMENTS,
  FRAME_ELEMENTS_WITH_IDS,
  FRAME_VERSION,
  ID_HEADER_LENGTH,
  ID_TIME_AT,
  LENGTH_STRIDE,
  TABLE_STRIDE,
} from './frame-format.js';
import { MessageReader } from './message-reader.js';
import { alignedCopy } from './typed-views.js';

/** A decoded append frame. The parts are views of the frame's bytes unless noted otherwise. */
export interface AppendFrame {
  /** The log values of all entries, back to back, version bytes included. */
  readonly data: Uint8Array;
  /** u32 LE per entry: the length of its log value, at least 1. Aligned to 4 bytes, by a copy if necessary. */
  readonly lengths: Uint8Array;
  readonly entryCount: number;
  /**
   * `APPEND_WORDS` per append: index of its table, count of its entries, flags. The flags are `APPEND_JOINS` and
   * `APPEND_EXPECTS`, or'ed; or one of `APPEND_TRIMS` and `APPEND_DROPS`, then without entries; or `APPEND_POSITION`,
   * with one entry, and perhaps `APPEND_JOINS`; or `APPEND_ID`, with entries, and perhaps `APPEND_EXPECTS`, and then the
   * next one does not join it.
   */
  readonly appends: Uint32Array;
  readonly appendCount: number;
  /** 17 bytes per table: the prefix of its log keys. */
  readonly tables: Uint8Array;
  readonly tableCount: number;
  /**
   * In order: the expected first sequence of each append with `APPEND_EXPECTS`, the last sequence of each trim, the
   * consumer and the stored position of each position.
   */
  readonly expects: BigUint64Array;
  /** In order, of each append with `APPEND_ID`: the length of its id, its time (u64 LE), and the id; see {@link timeOfId}. */
  readonly ids: Uint8Array;
  /** Whether the write must be on disk before it is acknowledged. */
  readonly sync: boolean;
}

/** What a receiver accepts. */
export interface AppendFrameLimits {
  /** Bytes of the whole frame. Default: 2^32-1. */
  readonly maxBytes?: number;
}

const MAX_OPTIONS_BYTES = 64;
/** An append with one of these flags has a value among the expects. */
const HAS_EXPECT = APPEND_EXPECTS | APPEND_TRIMS;
const ENTRY_FLAGS = APPEND_JOINS | APPEND_EXPECTS;
const NO_IDS = new Uint8Array(0);

/** The time of the id at `at` of the ids of a frame, in milliseconds since 1970. */
export function timeOfId(ids: Uint8Array, at: number): number {
  return readU32LE(ids, at + ID_TIME_AT) + readU32LE(ids, at + ID_TIME_AT + 4) * 2 ** 32;
}

/**
 * Decodes an append frame, which must be all of `bytes`, and checks everything that can be checked without the log:
 * every sum, index, flag, namespace and version byte. Any input gives a frame or SHALE_CORRUPT with `details.field`,
 * and memory stays within the size of the input.
 */
export function decodeAppendFrame(bytes: Uint8Array, limits: AppendFrameLimits = {}): AppendFrame {
  requireLittleEndian();
  const { maxBytes = 2 ** 32 - 1 } = limits;
  if (bytes.length > maxBytes) {
    throw corrupt(`an append frame has ${bytes.length} bytes, but the limit is ${maxBytes}`, {
      field: 'size',
      expected: maxBytes,
      actual: bytes.length,
    });
  }
  const reader = new MessageReader('an append frame', bytes);
  const hasIds = reader.array(FRAME_ELEMENTS, FRAME_ELEMENTS_WITH_IDS) === FRAME_ELEMENTS_WITH_IDS;
  reader.version(FRAME_VERSION);
  const data = reader.bin('data', 1);
  const lengthBytes = reader.bin('lengths', LENGTH_STRIDE);
  const appendBytes = reader.bin('appends', APPEND_STRIDE);
  const tables = reader.bin('tables', TABLE_STRIDE);
  const expectBytes = reader.bin('expects', EXPECT_STRIDE);
  const ids = hasIds ? reader.bin('ids', 1) : NO_IDS;
  const sync = readOptions(reader.rest('options', MAX_OPTIONS_BYTES));

  const lengths = alignedCopy(lengthBytes, LENGTH_STRIDE);
  const appends = alignedCopy(appendBytes, 4);
  const expects = alignedCopy(expectBytes, EXPECT_STRIDE);
  const frame: AppendFrame = {
    data,
    lengths,
    entryCount: lengths.length / LENGTH_STRIDE,
    appends: new Uint32Array(appends.buffer, appends.byteOffset, appends.length / 4),
    appendCount: appends.length / APPEND_STRIDE,
    tables,
    tableCount: tables.length / TABLE_STRIDE,
    expects: new BigUint64Array(expects.buffer, expects.byteOffset, expects.length / EXPECT_STRIDE),
    ids,
    sync,
  };
  checkEntries(frame);
  checkAppends(frame);
  checkTables(frame);
  return frame;
}

function readOptions(options: unknown): boolean {
  if (typeof options === 'object' && options !== null && 'sync' in options) {
    if (typeof options.sync === 'boolean' && Object.keys(options).length === 1) return options.sync;
  }
  throw damaged('options', 'must be exactly { sync: boolean }');
}

/** The loop over all entries: a typed array and plain numbers only. */
function checkEntries({ data, lengths: lengthBytes, entryCount }: AppendFrame): void {
  const lengths = new Uint32Array(lengthBytes.buffer, lengthBytes.byteOffset, entryCount);
  let at = 0;
  for (let i = 0; i < entryCount; i++) {
    const length = lengths[i] ?? 0;
    // Past the end of the data this reads undefined, which is no valid version either.
    if (length === 0 || data[at] !== FORMAT_VERSION) throw damagedEntry(data, i, at, length);
    at += length;
  }
  if (at !== data.length) {
    throw damaged('lengths', `add up to ${at} bytes, but there are ${data.length} bytes of data`, {
      expected: data.length,
      actual: at,
    });
  }
}

function damagedEntry(data: Uint8Array, entry: number, at: number, length: number): Error {
  if (length === 0)
    return damaged('lengths', `have 0 for entry ${entry}: not even a version byte`, { entry });
  if (at >= data.length) {
    return damaged('lengths', `run past the ${data.length} bytes of data at entry ${entry}`, { entry });
  }
  const actual = data[at] ?? 0;
  return damaged('data', `has version ${actual} instead of ${FORMAT_VERSION} at entry ${entry}`, {
    entry,
    offset: at,
    expected: FORMAT_VERSION,
    actual,
  });
}

function checkAppends({
  appends,
  appendCount,
  entryCount,
  tableCount,
  expects,
  ids,
  ...frame
}: AppendFrame): void {
  const lengths = new Uint32Array(frame.lengths.buffer, frame.lengths.byteOffset, entryCount);
  let entries = 0;
  let expected = 0;
  let canJoin = false;
  let idAt = 0;
  for (let i = 0; i < appendCount; i++) {
    const table = appends[i * 3] ?? 0;
    const flags = appends[i * 3 + 2] ?? 0;
    if (table >= tableCount) {
      throw damaged('appends', `name table ${table} of ${tableCount} at append ${i}`, { append: i });
    }
    const count = appends[i * 3 + 1] ?? 0;
    const isRemoval = count === 0 && (flags === APPEND_TRIMS || flags === APPEND_DROPS);
    const isPosition = (flags & ~APPEND_JOINS) === APPEND_POSITION && count === 1;
    const isId = (flags & ~APPEND_EXPECTS) === APPEND_ID && count > 0;
    const isPossible = (flags & ~ENTRY_FLAGS) === 0 || isRemoval || isPosition || isId;
    if (!isPossible || (!canJoin && (flags & APPEND_JOINS) !== 0)) {
      throw damaged('appends', `have impossible flags ${flags} at append ${i}`, { append: i });
    }
    if (isPosition && (lengths[entries] ?? 0) < POSITION_VALUE_HEADER_LENGTH) {
      throw damaged('lengths', `have less than a position at append ${i}`, { append: i });
    }
    entries += count;
    canJoin = !isRemoval && !isId;
    if (isId) idAt = endOfId(ids, idAt, i);
    if (isPosition) expected += 2;
    else if ((flags & HAS_EXPECT) !== 0) expected++;
  }
  if (entries !== entryCount) {
    throw damaged('appends', `count ${entries} entries, but there are ${entryCount} lengths`, {
      expected: entryCount,
      actual: entries,
    });
  }
  if (expected !== expects.length) {
    throw damaged('expects', `are ${expects.length}, but the appends, trims and positions have ${expected}`, {
      expected,
      actual: expects.length,
    });
  }
  if (idAt !== ids.length) {
    throw damaged('ids', `are ${ids.length} bytes, but those of the appends take ${idAt}`, {
      expected: idAt,
      actual: ids.length,
    });
  }
}

/** Where the id after the one at `at` is, which must be whole. */
function endOfId(ids: Uint8Array, at: number, append: number): number {
  const length = ids[at] ?? 0;
  const end = at + ID_HEADER_LENGTH + length;
  if (length === 0 || end > ids.length || !Number.isSafeInteger(timeOfId(ids, at))) {
    throw damaged('ids', `have no whole one at offset ${at}, for append ${append}`, { append, offset: at });
  }
  return end;
}

function checkTables({ tables, tableCount }: AppendFrame): void {
  for (let i = 0; i < tableCount; i++) {
    const namespace = tables[i * TABLE_STRIDE] ?? 0;
    if (namespace % 2 !== 1) {
      throw damaged('tables', `have namespace ${namespace}, which is not odd, at table ${i}`, {
        table: i,
        actual: namespace,
      });
    }
  }
}

function damaged(field: string, problem: string, details: Record<string, number> = {}): Error {
  return corrupt(`an append frame: ${field} ${problem}`, { field, ...details });
}

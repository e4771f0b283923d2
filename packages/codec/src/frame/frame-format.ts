import { Packr } from 'msgpackr';
import { LOG_KEY_PREFIX_LENGTH } from '../layout/log-key.js';
import { writeU32BE } from '../layout/u64.js';

/*
 * An append frame is one msgpack message, an array of seven, or of eight if appends have ids:
 *
 *   0  version  1
 *   1  data     bin: the log values of all entries, back to back, each with its version byte
 *   2  lengths  bin: u32 LE per entry, the length of its log value
 *   3  appends  bin: u32 LE × APPEND_WORDS per append: index of its table, count of its entries, flags
 *   4  tables   bin: 17 bytes per table, the prefix of its log keys
 *   5  expects  bin: u64 LE per append that has APPEND_EXPECTS or APPEND_TRIMS, two per position, in order
 *   6  ids      bin, only if there are any: length u8 · milliseconds u64 LE · id per append that has APPEND_ID, in order
 *   7  options  map: { sync: boolean }
 *
 * Trims and drops of tables are encoded among the appends, in order, as appends without entries and with a flag; a
 * position of a consumer as an append with a flag whose one entry is the value of the record.
 *
 * Data comes first because it is filled first, and so never moves. The headers of the array and of the bins are written
 * here and not by msgpackr, because msgpackr would have to copy the data: a bin header precedes its bytes, but its
 * length is known only once the frame is sealed.
 */

/** The only version of append frames and of their replies. */
export const FRAME_VERSION = 1;
/** Numbers of one append in a frame: table index, entry count, flags. */
export const APPEND_WORDS = 3;
/** Bytes of one append in a frame. */
export const APPEND_STRIDE: number = APPEND_WORDS * 4;
/** Append flag: joins the atomic write of the preceding append. */
export const APPEND_JOINS = 1;
/** Append flag: has an expected first sequence. */
export const APPEND_EXPECTS = 2;
/** Append flag: a trim of the table, up to its sequence in `expects`. It has no entries and no other flag. */
export const APPEND_TRIMS = 4;
/** Append flag: a drop of the table. It has no entries and no other flag. */
export const APPEND_DROPS = 8;
/**
 * Append flag: a position of a consumer in the table. Its one entry is the value of the position. Its numbers in
 * `expects` are the id of the consumer, and the position that is stored, 0 for none. It may join.
 */
export const APPEND_POSITION = 16;
/** Append flag: has an id, and entries. It joins none and none joins it; `APPEND_EXPECTS` is the one other flag it may have. */
export const APPEND_ID = 64;
/** Bytes before each id: its length, and when the append was made. */
export const ID_HEADER_LENGTH = 9;
/** Where in these the milliseconds are. */
export const ID_TIME_AT = 1;
/** Elements of the outer array. */
export const FRAME_ELEMENTS = 7;
/** Elements of the outer array of a frame that has ids. */
export const FRAME_ELEMENTS_WITH_IDS = 8;

export const LENGTH_STRIDE = 4;
export const EXPECT_STRIDE = 8;
export const TABLE_STRIDE: typeof LOG_KEY_PREFIX_LENGTH = LOG_KEY_PREFIX_LENGTH;

const FIXARRAY = 0x90;
const BIN_32 = 0xc6;
/** Bytes of a bin header with a 32-bit length, the only kind that is written. */
export const BIN_HEADER_LENGTH = 5;
/** Where the data starts: after the array's header, the version, and the header of the data's bin. */
export const DATA_AT: number = 2 + BIN_HEADER_LENGTH;

// pack() returns a view of a shared arena, so the few bytes are copied once.
const packr = new Packr({ useRecords: false, variableMapSize: true });
const SYNC_OPTIONS = Uint8Array.from(packr.pack({ sync: true }));
const OS_OPTIONS = Uint8Array.from(packr.pack({ sync: false }));

/** Bytes of a frame besides data, lengths, appends, tables, expects and ids. Both values of the options are equally long. */
export const FRAME_OVERHEAD: number = 2 + 5 * BIN_HEADER_LENGTH + SYNC_OPTIONS.length;

/** Writes what precedes the data, except its bin header. */
export function writeFrameStart(target: Uint8Array, hasIds: boolean): void {
  target[0] = FIXARRAY | (hasIds ? FRAME_ELEMENTS_WITH_IDS : FRAME_ELEMENTS);
  target[1] = FRAME_VERSION;
}

/** Writes the header of a bin of `length` bytes and returns the offset after it. */
export function writeBinHeader(target: Uint8Array, offset: number, length: number): number {
  target[offset] = BIN_32;
  writeU32BE(target, offset + 1, length);
  return offset + BIN_HEADER_LENGTH;
}

/** Writes the options map, the last element, and returns the offset after it. */
export function writeOptions(target: Uint8Array, offset: number, options: { sync: boolean }): number {
  const packed = options.sync ? SYNC_OPTIONS : OS_OPTIONS;
  target.set(packed, offset);
  return offset + packed.length;
}

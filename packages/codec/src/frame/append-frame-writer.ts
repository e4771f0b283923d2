import { invalidArgument } from '../errors/refuse.js';
import { WalError } from '../errors/wal-error.js';
import { MAX_APPEND_ID_BYTES } from '../layout/append-id-record.js';
import { requireLittleEndian } from '../layout/byte-order.js';
import { FORMAT_VERSION } from '../layout/instance.js';
import { encodeLogKeyPrefix, type LogKeyPrefix } from '../layout/log-key.js';
import { LOG_VALUE_HEADER_LENGTH } from '../layout/log-value.js';
import { POSITION_VALUE_HEADER_LENGTH } from '../layout/position-record.js';
import { requireU64, writeU32LE, writeU64LE } from '../layout/u64.js';
import {
  APPEND_DROPS,
  APPEND_EXPECTS,
  APPEND_ID,
  APPEND_JOINS,
  APPEND_POSITION,
  APPEND_STRIDE,
  APPEND_TRIMS,
  BIN_HEADER_LENGTH,
  DATA_AT,
  EXPECT_STRIDE,
  FRAME_OVERHEAD,
  ID_HEADER_LENGTH,
  ID_TIME_AT,
  LENGTH_STRIDE,
  TABLE_STRIDE,
  writeBinHeader,
  writeFrameStart,
  writeOptions,
} from './frame-format.js';
import type { PackedEntries } from './packed-entries.js';
import { SealScratch } from './seal-scratch.js';

/** Options of one append. */
export interface AppendOptions {
  /** Joins the atomic write of the preceding append: it is written as a whole or not at all. */
  readonly joins?: boolean | undefined;
  /** The sequence that the first entry must get. */
  readonly expect?: bigint | undefined;
}

/** What a frame does, without its entries. */
export interface FrameOutline {
  /** APPEND_WORDS for each append, trim and drop: index of its table, count of its entries, flags. */
  readonly appends: Uint32Array;
  /** What the log keys of each table begin with, 17 bytes each. */
  readonly tables: Uint8Array;
}

const MAX_CAPACITY = 2 ** 32 - 1;
const ENTRY_OVERHEAD = LOG_VALUE_HEADER_LENGTH + LENGTH_STRIDE;
const APPEND_RESERVE = APPEND_STRIDE + EXPECT_STRIDE;
/** How far the data border moves down at a time, so that it moves rarely. */
const BORDER_STEP = 8 * 1024;
/** The most that an id takes in a frame besides its bytes: its header, and that of all ids. */
export const ID_RESERVE: number = ID_HEADER_LENGTH + BIN_HEADER_LENGTH;
const FIRST_IDS = 1024;
const NO_IDS = new Uint8Array(0);

/**
 * Fills one append frame (see frame-format.ts) in a given buffer: `addTable`, then for each append `beginAppend` and
 * one `add` per entry, then `seal` once. Call `fits` before an append; a call that does not fit throws SHALE_TOO_LARGE
 * and leaves the frame as it was.
 *
 * What is added between `begin` and `commit` is in the frame as a whole or not at all: without the `commit` none of it
 * is, whatever the reason. Only its tables stay known, which does no harm. A caller that uses the pair once must use it
 * for every addition.
 *
 * This is a measured hot loop: an entry costs one copy of its payload and two stores, and allocates nothing. Data grows
 * up from the start of the buffer and never moves; lengths and appends grow down from its end, and `seal` moves them
 * into place. The buffer may be reused for another frame: a sealed frame holds no byte of an earlier one.
 */
export class AppendFrameWriter {
  /** The buffer given to the constructor. The writer owns it until the frame is sealed. */
  readonly buffer: ArrayBuffer;
  readonly #bytes: Uint8Array;
  /** The same buffer up to the border, which no copied payload crosses. */
  #data: Uint8Array;
  /** The same buffer as words. From the end down: table, count, flags of an append, then a length per entry. */
  readonly #words: Uint32Array;
  /** Bytes that would be free if the frame were sealed now. */
  #room: number;
  #dataEnd = DATA_AT;
  /** Index of the word written last. */
  #wordTop: number;
  /** Index of the word with the current append's count; -1 when the last addition is not an append. */
  #countAt = -1;
  #entryCount = 0;
  #appendCount = 0;
  #tables = new Uint8Array(16 * TABLE_STRIDE);
  #tableCount = 0;
  readonly #expects: bigint[] = [];
  #ids: Uint8Array = NO_IDS;
  #idsEnd = 0;
  #state: 'open' | 'sealed' = 'open';
  #outline: FrameOutline | null = null;
  /** Whether a `begin` awaits its `commit`; if so, the fields below hold the state before it. */
  #isOpenAddition = false;
  #keptRoom = 0;
  #keptDataEnd = 0;
  #keptWordTop = 0;
  #keptCountAt = 0;
  #keptEntryCount = 0;
  #keptAppendCount = 0;
  #keptTableCount = 0;
  #keptExpectCount = 0;
  #keptIdsEnd = 0;

  /**
   * @param buffer holds a frame of up to `buffer.byteLength` bytes: at least `AppendFrameWriter.sizeFor(0, 0, 0)`,
   *   less than 4 GiB
   */
  constructor(buffer: ArrayBuffer) {
    requireLittleEndian();
    const capacity = buffer.byteLength;
    if (capacity < FRAME_OVERHEAD || capacity > MAX_CAPACITY) {
      throw invalidArgument(
        `a frame's buffer must have ${FRAME_OVERHEAD} to ${MAX_CAPACITY} bytes, but has ${capacity}`,
        { capacity },
      );
    }
    this.buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#data = this.#bytes;
    this.#words = new Uint32Array(buffer, 0, Math.floor(capacity / 4));
    this.#wordTop = this.#words.length;
    this.#room = capacity - FRAME_OVERHEAD;
  }

  /** Size of a buffer that is certain to hold this much, whether or not the appends have expects. */
  static sizeFor(
    entries: number,
    payloadBytes: number,
    tables: number,
    appends: number = Math.max(1, tables),
  ): number {
    return (
      FRAME_OVERHEAD +
      payloadBytes +
      entries * ENTRY_OVERHEAD +
      tables * TABLE_STRIDE +
      appends * APPEND_RESERVE
    );
  }

  /** Entries so far. */
  get entryCount(): number {
    return this.#entryCount;
  }

  /** Appends so far, including trims and drops. */
  get appendCount(): number {
    return this.#appendCount;
  }

  /** Tables so far. */
  get tableCount(): number {
    return this.#tableCount;
  }

  /** What the sealed frame does, in memory of its own; null unless it was asked for. */
  get outline(): FrameOutline | null {
    return this.#outline;
  }

  /** Length of the frame if it were sealed now. */
  get byteLength(): number {
    return this.#bytes.length - this.#room;
  }

  /** Whether this much more fits, regardless of whether the appends have expects. */
  fits(entries: number, payloadBytes: number, newTables: number, appends = 1): boolean {
    return (
      payloadBytes + entries * ENTRY_OVERHEAD + newTables * TABLE_STRIDE + appends * APPEND_RESERVE <=
      this.#room
    );
  }

  /**
   * Begins an addition that is in the frame as a whole or not at all: at most this many entries and payload bytes, in
   * this many appends. Call `fits` first.
   */
  begin(entries: number, payloadBytes: number, appends: number): void {
    this.#requireOpen();
    if (this.#isOpenAddition) this.#forget();
    this.#keptRoom = this.#room;
    this.#keptDataEnd = this.#dataEnd;
    this.#keptWordTop = this.#wordTop;
    this.#keptCountAt = this.#countAt;
    this.#keptEntryCount = this.#entryCount;
    this.#keptAppendCount = this.#appendCount;
    this.#keptTableCount = this.#tableCount;
    this.#keptExpectCount = this.#expects.length;
    this.#keptIdsEnd = this.#idsEnd;
    this.#isOpenAddition = true;
    this.#countAt = -1;
    const lowest = this.#wordTop * LENGTH_STRIDE - entries * LENGTH_STRIDE - appends * APPEND_STRIDE;
    const needed = this.#dataEnd + entries * LOG_VALUE_HEADER_LENGTH + payloadBytes;
    if (this.#data.length > lowest || this.#data.length < needed) this.#moveBorder(needed, lowest);
  }

  /** Keeps what was added since `begin`. Cannot fail. */
  commit(): void {
    this.#isOpenAddition = false;
  }

  /**
   * Adds a table to the frame and returns its index, which the caller keeps for the lifetime of the frame.
   *
   * @param prefix the 17 bytes that the table's log keys begin with; copied
   */
  addTable(prefix: Uint8Array): number {
    this.#requireOpen();
    if (prefix.length !== TABLE_STRIDE) {
      throw invalidArgument(`a table prefix must have ${TABLE_STRIDE} bytes, but has ${prefix.length}`);
    }
    const at = this.#placeOfTable();
    this.#take(TABLE_STRIDE);
    this.#tables.set(prefix, at);
    return this.#tableCount++;
  }

  /** As `addTable`, from the parts of the prefix. Throws SHALE_INVALID_ARGUMENT when one is out of range. */
  addTableOf(key: LogKeyPrefix): number {
    this.#requireOpen();
    const at = this.#placeOfTable();
    encodeLogKeyPrefix(this.#tables, at, key);
    this.#take(TABLE_STRIDE);
    return this.#tableCount++;
  }

  /** Makes room for the next table and returns where to write it. */
  #placeOfTable(): number {
    const at = this.#tableCount * TABLE_STRIDE;
    if (at + TABLE_STRIDE > this.#tables.length) this.#tables = longer(this.#tables, this.#tables.length * 2);
    return at;
  }

  /** Starts an append to a table and returns its index in the frame. An append without entries is allowed. */
  beginAppend(tableIndex: number, options?: AppendOptions): number {
    this.#requireOpen();
    this.#requireTable(tableIndex);
    const joins = options?.joins === true;
    const expect = options?.expect;
    if (!this.#isOpenAddition) this.#data = this.#bytes;
    if (joins && this.#countAt < 0) {
      throw invalidArgument('an append can only join an append directly before it');
    }
    if (expect === undefined) {
      this.#take(APPEND_STRIDE);
    } else {
      requireU64('expect', expect);
      this.#take(APPEND_STRIDE + EXPECT_STRIDE);
      this.#expects.push(expect);
    }
    this.#words[--this.#wordTop] = tableIndex;
    this.#words[--this.#wordTop] = 0;
    this.#countAt = this.#wordTop;
    this.#words[--this.#wordTop] = (joins ? APPEND_JOINS : 0) | (expect === undefined ? 0 : APPEND_EXPECTS);
    return this.#appendCount++;
  }

  /** Adds a trim of a table and returns its index in the frame. It takes as much room as an append without entries. */
  addTrim(tableIndex: number, upTo: bigint): number {
    requireU64('upTo', upTo);
    const index = this.#addRemoval(tableIndex, APPEND_TRIMS, APPEND_STRIDE + EXPECT_STRIDE);
    this.#expects.push(upTo);
    return index;
  }

  /** Adds a drop of a table and returns its index in the frame. It takes as much room as an append without entries. */
  addDrop(tableIndex: number): number {
    return this.#addRemoval(tableIndex, APPEND_DROPS, APPEND_STRIDE);
  }

  /**
   * Adds the position of a consumer in a table and returns its index in the frame. It takes as much room as two appends
   * of which one has an entry, without its version byte.
   *
   * @param stored the position that must be stored; 0n for none
   * @param value the value of the position; copied
   */
  addPosition(
    tableIndex: number,
    joins: boolean,
    consumer: bigint,
    stored: bigint,
    value: Uint8Array,
  ): number {
    requireU64('consumer', consumer);
    requireU64('stored', stored);
    if (value.length < POSITION_VALUE_HEADER_LENGTH || value[0] !== FORMAT_VERSION) {
      throw invalidArgument(`a position must be encoded, got ${value.length} bytes`);
    }
    const index = this.beginAppend(tableIndex, { joins });
    this.#take(2 * EXPECT_STRIDE);
    this.#expects.push(consumer, stored);
    this.add(value.subarray(LOG_VALUE_HEADER_LENGTH));
    const flags = this.#countAt - 1;
    this.#words[flags] = (this.#words[flags] ?? 0) | APPEND_POSITION;
    return index;
  }

  /**
   * Gives the current append its id, once; it must have entries, and join no other. It takes as much room as
   * {@link ID_RESERVE} and its length in payload bytes.
   *
   * @param time when the append was made, in milliseconds since 1970
   * @param id 1 to 255 bytes, or as many characters of ASCII; copied
   */
  addId(time: number, id: Uint8Array | string): void {
    const { length } = id;
    if (length < 1 || length > MAX_APPEND_ID_BYTES || !Number.isSafeInteger(time) || time < 0) {
      throw invalidArgument(
        `an id must have 1 to ${MAX_APPEND_ID_BYTES} bytes and a time, got ${length} and ${time}`,
      );
    }
    if (this.#countAt < 0) throw invalidArgument('an id needs an append: call beginAppend first');
    this.#take(ID_HEADER_LENGTH + length + (this.#idsEnd === 0 ? BIN_HEADER_LENGTH : 0));
    const at = this.#idsEnd;
    const end = at + ID_HEADER_LENGTH + length;
    if (end > this.#ids.length) this.#ids = longer(this.#ids, Math.max(FIRST_IDS, 2 * end));
    const ids = this.#ids;
    ids[at] = length;
    writeU32LE(ids, at + ID_TIME_AT, time >>> 0);
    writeU32LE(ids, at + ID_TIME_AT + 4, Math.floor(time / 2 ** 32));
    if (typeof id === 'string') {
      for (let i = 0; i < length; i++) ids[at + ID_HEADER_LENGTH + i] = id.charCodeAt(i);
    } else {
      ids.set(id, at + ID_HEADER_LENGTH);
    }
    this.#idsEnd = end;
    const flags = this.#countAt - 1;
    this.#words[flags] = (this.#words[flags] ?? 0) | APPEND_ID;
  }

  /**
   * Adds an entry to the current append. The payload is copied: the caller may reuse it at once.
   *
   * @param length the result of `measurePayload`, for a payload whose own `length` cannot be trusted
   */
  add(payload: Uint8Array, length: number = payload.length): void {
    const size = length + ENTRY_OVERHEAD;
    if (size > this.#room || this.#countAt < 0 || this.#state !== 'open') this.#refuseEntry(size);
    this.#room -= size;
    const at = this.#dataEnd;
    const data = this.#data;
    data[at] = FORMAT_VERSION;
    // One call even for a few bytes: from 16 bytes on, a loop is slower.
    data.set(payload, at + LOG_VALUE_HEADER_LENGTH);
    this.#dataEnd = at + LOG_VALUE_HEADER_LENGTH + length;
    const words = this.#words;
    words[--this.#wordTop] = LOG_VALUE_HEADER_LENGTH + length;
    words[this.#countAt] = (words[this.#countAt] ?? 0) + 1;
    this.#entryCount++;
  }

  /** Adds packed entries to the current append. They are copied. */
  addPacked(packed: PackedEntries): void {
    const { data, lengths } = packed;
    const size = data.length + lengths.length * LENGTH_STRIDE;
    if (size > this.#room || this.#countAt < 0 || this.#state !== 'open') this.#refuseEntry(size);
    this.#room -= size;
    this.#data.set(data, this.#dataEnd);
    this.#dataEnd += data.length;
    const words = this.#words;
    for (const length of lengths) words[--this.#wordTop] = length;
    words[this.#countAt] = (words[this.#countAt] ?? 0) + lengths.length;
    this.#entryCount += lengths.length;
  }

  /**
   * Completes the frame: a view of the buffer, from its start. The writer cannot be used afterwards.
   *
   * @param keepsOutline whether {@link outline} is wanted
   */
  seal(options: { sync: boolean }, keepsOutline = false): Uint8Array {
    this.#requireOpen();
    if (this.#isOpenAddition) this.#forget();
    this.#state = 'sealed';
    const bytes = this.#bytes;
    writeFrameStart(bytes, this.#idsEnd > 0);
    writeBinHeader(bytes, DATA_AT - BIN_HEADER_LENGTH, this.#dataEnd - DATA_AT);
    // Lengths and appends may overlap their destination, so they are first sorted outside the buffer.
    const { lengths, appends } = SealScratch.sortOut(this.#words, this.#entryCount, this.#appendCount);
    const tables = this.#tables.subarray(0, this.#tableCount * TABLE_STRIDE);
    if (keepsOutline) this.#outline = { appends: new Uint32Array(appends.slice().buffer), tables };
    let at = writeBin(bytes, this.#dataEnd, lengths);
    at = writeBin(bytes, at, appends);
    at = writeBin(bytes, at, tables);
    at = writeBinHeader(bytes, at, this.#expects.length * EXPECT_STRIDE);
    for (const expect of this.#expects) {
      writeU64LE(bytes, at, expect);
      at += EXPECT_STRIDE;
    }
    if (this.#idsEnd > 0) at = writeBin(bytes, at, this.#ids.subarray(0, this.#idsEnd));
    at = writeOptions(bytes, at, options);
    return bytes.subarray(0, at);
  }

  #addRemoval(tableIndex: number, flag: number, size: number): number {
    this.#requireOpen();
    this.#requireTable(tableIndex);
    this.#take(size);
    this.#words[--this.#wordTop] = tableIndex;
    this.#words[--this.#wordTop] = 0;
    this.#words[--this.#wordTop] = flag;
    // An entry added next would belong to no append.
    this.#countAt = -1;
    return this.#appendCount++;
  }

  #requireTable(tableIndex: number): void {
    if (!(Number.isInteger(tableIndex) && tableIndex >= 0 && tableIndex < this.#tableCount)) {
      throw invalidArgument(`table ${tableIndex} is not among the ${this.#tableCount} tables of this frame`);
    }
  }

  /** Restores the state before `begin`. The count of the append that was current then has not changed since. */
  #forget(): void {
    this.#isOpenAddition = false;
    this.#room = this.#keptRoom - (this.#tableCount - this.#keptTableCount) * TABLE_STRIDE;
    this.#dataEnd = this.#keptDataEnd;
    this.#wordTop = this.#keptWordTop;
    this.#countAt = this.#keptCountAt;
    this.#entryCount = this.#keptEntryCount;
    this.#appendCount = this.#keptAppendCount;
    this.#expects.length = this.#keptExpectCount;
    this.#idsEnd = this.#keptIdsEnd;
  }

  /** Moves the border to between the end of the data and the lowest word there will be. */
  #moveBorder(needed: number, lowest: number): void {
    const border = Math.min(Math.max(needed, lowest - BORDER_STEP), Math.max(lowest, 0));
    this.#data = this.#bytes.subarray(0, border);
  }

  #take(size: number): void {
    if (size > this.#room) this.#refuseSize(size);
    this.#room -= size;
  }

  #requireOpen(): void {
    if (this.#state !== 'open') throw invalidArgument('this frame is sealed: create another writer');
  }

  #refuseEntry(size: number): never {
    this.#requireOpen();
    if (this.#countAt < 0) throw invalidArgument('an entry needs an append: call beginAppend first');
    return this.#refuseSize(size);
  }

  #refuseSize(size: number): never {
    throw new WalError(
      'SHALE_TOO_LARGE',
      `${size} more bytes do not fit into a frame of ${this.#bytes.length} bytes that has room for ${this.#room}: ` +
        'call fits() first',
      { details: { size, room: this.#room, capacity: this.#bytes.length } },
    );
  }
}

function longer(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}

function writeBin(target: Uint8Array, offset: number, content: Uint8Array): number {
  const at = writeBinHeader(target, offset, content.length);
  target.set(content, at);
  return at + content.length;
}

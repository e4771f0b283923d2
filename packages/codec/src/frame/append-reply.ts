import { Packr } from 'msgpackr';
import type { ErrorData } from '../errors/error-data.js';
import { corrupt } from '../errors/refuse.js';
import { requireLittleEndian } from '../layout/byte-order.js';
import { isErrorData } from './error-data-shape.js';
import { BIN_HEADER_LENGTH, EXPECT_STRIDE, FRAME_VERSION, writeBinHeader } from './frame-format.js';
import { MessageReader } from './message-reader.js';
import { alignedCopy, type OverArrayBuffer } from './typed-views.js';

/*
 * The reply to an append frame is one msgpack message, an array of four: version, bin of first sequences (u64 LE
 * per append), bin of trims (u64 LE × 2 per trim), array of { append, error }. The version takes two bytes so that
 * the sequences start at offset 8 and can be read in place. Where appends were repeats it is an array of five, with a
 * bin of repeats (u32 LE × 2 per repeat) before the errors.
 */

/** An append that was not written, and why. */
export interface AppendError {
  /** Index of the append in its frame. */
  readonly append: number;
  readonly error: ErrorData;
}

/** A decoded reply. */
export interface AppendReply {
  /**
   * For each append of the frame its first sequence; for an empty append the table's last. For a trim the sequence
   * before the first remaining one, because the first one itself may exceed 64 bits. For a drop 0n. For an append whose
   * id is in already the first one of the append that has it. Undefined for one with an error. May be a view of the reply.
   */
  readonly firsts: BigUint64Array;
  /**
   * Two for each trim of the frame, in order: the table's last sequence, and the last one removed, 0n when the trim
   * removed nothing. Undefined for one with an error. May be a view of the reply.
   */
  readonly trims: BigUint64Array;
  /**
   * Two for each append that was not written because its id is in already, ascending: its index in the frame, and how
   * many entries the append has that is in. May be a view of the reply.
   */
  readonly repeats: Uint32Array;
  readonly errors: readonly AppendError[];
}

const REPLY_ELEMENTS = 4;
const REPLY_ELEMENTS_WITH_REPEATS = 5;
const FIRSTS_AT = 3 + BIN_HEADER_LENGTH;
const TRIM_STRIDE = 16;
const REPEAT_STRIDE = 8;
const NO_TRIMS = new BigUint64Array(0);
const NO_REPEATS = new Uint32Array(0);
const NO_ERRORS = Uint8Array.of(0x90);
/** Far more than errors take; bounds the work that a damaged reply can cause. */
const MAX_ERRORS_BYTES = 2 ** 28;

const packr = new Packr({ useRecords: false, variableMapSize: true });

/**
 * Writes the reply to an append frame.
 *
 * @param into the frame's own buffer, no longer needed. The sequences of its appends always fit; when trims and errors
 *   do not, the reply is in a new buffer: check the `buffer` of the returned view.
 * @param trims two for each trim, as in {@link AppendReply}
 * @param repeats two for each repeat, as there
 */
export function encodeAppendReply(
  into: ArrayBuffer,
  firsts: BigUint64Array,
  errors: readonly AppendError[],
  trims: BigUint64Array = NO_TRIMS,
  repeats: Uint32Array = NO_REPEATS,
): OverArrayBuffer<Uint8Array> {
  requireLittleEndian();
  const packedErrors: Uint8Array = errors.length === 0 ? NO_ERRORS : packr.pack(errors);
  const trimsAt = FIRSTS_AT + firsts.byteLength + BIN_HEADER_LENGTH;
  const repeatsAt = trimsAt + trims.byteLength + (repeats.length > 0 ? BIN_HEADER_LENGTH : 0);
  const errorsAt = repeatsAt + repeats.byteLength;
  const size = errorsAt + packedErrors.length;
  const bytes = size <= into.byteLength ? new Uint8Array(into, 0, size) : new Uint8Array(size);
  bytes[0] = 0x90 | (repeats.length > 0 ? REPLY_ELEMENTS_WITH_REPEATS : REPLY_ELEMENTS);
  bytes[1] = 0xcc;
  bytes[2] = FRAME_VERSION;
  writeBinHeader(bytes, 3, firsts.byteLength);
  bytes.set(new Uint8Array(firsts.buffer, firsts.byteOffset, firsts.byteLength), FIRSTS_AT);
  writeBinHeader(bytes, trimsAt - BIN_HEADER_LENGTH, trims.byteLength);
  bytes.set(new Uint8Array(trims.buffer, trims.byteOffset, trims.byteLength), trimsAt);
  if (repeats.length > 0) {
    writeBinHeader(bytes, repeatsAt - BIN_HEADER_LENGTH, repeats.byteLength);
    bytes.set(new Uint8Array(repeats.buffer, repeats.byteOffset, repeats.byteLength), repeatsAt);
  }
  bytes.set(packedErrors, errorsAt);
  return bytes;
}

/** Reads the reply to an append frame, which must be all of `bytes`. Throws SHALE_CORRUPT with `details.field`. */
export function decodeAppendReply(bytes: Uint8Array): AppendReply {
  requireLittleEndian();
  const reader = new MessageReader('an append reply', bytes);
  const elements = reader.array(REPLY_ELEMENTS, REPLY_ELEMENTS_WITH_REPEATS);
  reader.version(FRAME_VERSION);
  const firsts = sequencesOf(reader.bin('firsts', EXPECT_STRIDE));
  const trims = sequencesOf(reader.bin('trims', TRIM_STRIDE));
  const repeats = elements === REPLY_ELEMENTS ? NO_REPEATS : readRepeats(reader, firsts.length);
  const errors = readErrors(reader.rest('errors', MAX_ERRORS_BYTES), firsts.length);
  return { firsts, trims, repeats, errors };
}

function sequencesOf(bin: Uint8Array): BigUint64Array {
  const bytes = alignedCopy(bin, EXPECT_STRIDE);
  return new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / EXPECT_STRIDE);
}

function readRepeats(reader: MessageReader, appendCount: number): Uint32Array {
  const bytes = alignedCopy(reader.bin('repeats', REPEAT_STRIDE), 4);
  const repeats = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let before = -1;
  for (let i = 0; i < repeats.length; i += 2) {
    const append = repeats[i] ?? 0;
    if (append <= before || append >= appendCount || repeats[i + 1] === 0) {
      throw corrupt(`an append reply: repeats name append ${append} of ${appendCount} after ${before}`, {
        field: 'repeats',
      });
    }
    before = append;
  }
  return repeats;
}

function readErrors(value: unknown, appendCount: number): AppendError[] {
  if (!Array.isArray(value)) throw notErrors('are not an array');
  const items: readonly unknown[] = value;
  return items.map((item, index) => {
    if (typeof item !== 'object' || item === null || !('append' in item) || !('error' in item)) {
      throw notErrors(`hold no { append, error } at ${index}`);
    }
    const { append, error } = item;
    if (typeof append !== 'number' || !Number.isInteger(append) || append < 0 || append >= appendCount) {
      throw notErrors(`name an unknown append at ${index}`);
    }
    if (!isErrorData(error)) throw notErrors(`hold no error data at ${index}`);
    return { append, error };
  });
}

function notErrors(problem: string): Error {
  return corrupt(`an append reply: errors ${problem}`, { field: 'errors' });
}

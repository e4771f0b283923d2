import { types } from 'node:util';
import {
  APPEND_DROPS,
  APPEND_EXPECTS,
  APPEND_JOINS,
  APPEND_TRIMS,
  APPEND_WORDS,
  type AppendFrame,
  encodeLogKeyPrefix,
  encodeLogValue,
  LOG_KEY_PREFIX_LENGTH,
  LOG_VALUE_HEADER_LENGTH,
  type TableId,
  WalError,
} from '@shale/codec';

/** The most bytes that one append or atomic write may take, a byte per entry included: 2^31 - 1. */
export const MAX_WRITE_BYTES: number = 2 ** 31 - 1;

const INITIAL_BYTES = 64 * 1024;
/** A buffer that one large write needed is not kept beyond this. */
const KEPT_BYTES = 4 * 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** One table's part of an atomic write. */
export interface FramePart {
  readonly id: TableId;
  readonly payloads: readonly Uint8Array[];
  readonly expect?: bigint | undefined;
}

/**
 * Builds the frame of a stand-alone append or write: one atomic write of one append per part. Each payload is copied
 * once, behind its version byte. The frame is valid until the next one is built.
 */
export class FrameBuilder {
  readonly #instance: number;
  #data = new Uint8Array(INITIAL_BYTES);
  #lengths = new Uint8Array(1024);

  constructor(instance: number) {
    this.#instance = instance;
  }

  /** Throws SHALE_TOO_LARGE beyond {@link MAX_WRITE_BYTES} and SHALE_INVALID_ARGUMENT for what is not bytes. */
  build(parts: readonly FramePart[], sync: boolean): AppendFrame {
    const { bytes, entries } = measure(parts);
    const data = this.#dataOf(bytes);
    const lengths = this.#lengthsOf(entries * 4);
    const appends = new Uint32Array(parts.length * APPEND_WORDS);
    const tables = new Uint8Array(parts.length * LOG_KEY_PREFIX_LENGTH);
    const expects: bigint[] = [];
    const view = new DataView(lengths.buffer);
    let end = 0;
    let entry = 0;
    parts.forEach((part, index) => {
      encodeLogKeyPrefix(tables, index * LOG_KEY_PREFIX_LENGTH, { instance: this.#instance, ...part.id });
      const flags = (index > 0 ? APPEND_JOINS : 0) | (part.expect === undefined ? 0 : APPEND_EXPECTS);
      if (part.expect !== undefined) expects.push(part.expect);
      appends.set([index, part.payloads.length, flags], index * APPEND_WORDS);
      for (const payload of part.payloads) {
        end = encodeLogValue(data, end, payload);
        view.setUint32(entry++ * 4, payload.length + LOG_VALUE_HEADER_LENGTH, true);
      }
    });
    return {
      data: data.subarray(0, bytes),
      lengths: lengths.subarray(0, entries * 4),
      entryCount: entries,
      appends,
      appendCount: parts.length,
      tables,
      tableCount: parts.length,
      expects: BigUint64Array.from(expects),
      ids: NOTHING,
      sync,
    };
  }

  /** The frame of a stand-alone trim up to a sequence, or of a drop. */
  static removal(instance: number, id: TableId, upTo: bigint | 'drop', sync: boolean): AppendFrame {
    const tables = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
    encodeLogKeyPrefix(tables, 0, { instance, ...id });
    return {
      data: NOTHING,
      lengths: NOTHING,
      entryCount: 0,
      appends: Uint32Array.of(0, 0, upTo === 'drop' ? APPEND_DROPS : APPEND_TRIMS),
      appendCount: 1,
      tables,
      tableCount: 1,
      expects: BigUint64Array.from(upTo === 'drop' ? [] : [upTo]),
      ids: NOTHING,
      sync,
    };
  }

  #dataOf(bytes: number): Uint8Array {
    if (bytes <= this.#data.length) return this.#data;
    const larger = new Uint8Array(Math.min(MAX_WRITE_BYTES, Math.max(bytes, this.#data.length * 2)));
    if (larger.length <= KEPT_BYTES) this.#data = larger;
    return larger;
  }

  #lengthsOf(bytes: number): Uint8Array {
    if (bytes <= this.#lengths.length) return this.#lengths;
    const larger = new Uint8Array(Math.max(bytes, this.#lengths.length * 2));
    if (larger.length <= KEPT_BYTES) this.#lengths = larger;
    return larger;
  }
}

function measure(parts: readonly FramePart[]): { bytes: number; entries: number } {
  let bytes = 0;
  let entries = 0;
  for (const { id, payloads } of parts) {
    entries += payloads.length;
    for (const payload of payloads) {
      // The first is what costs nothing; the second takes those of other realms.
      if (!(payload instanceof Uint8Array || types.isUint8Array(payload))) {
        throw new WalError(
          'SHALE_INVALID_ARGUMENT',
          `a payload must be a Uint8Array, got ${typeof payload}`,
          {
            table: id,
            details: { field: 'payloads' },
          },
        );
      }
      bytes += payload.length + LOG_VALUE_HEADER_LENGTH;
    }
    if (bytes > MAX_WRITE_BYTES) {
      throw new WalError(
        'SHALE_TOO_LARGE',
        `one write may take ${MAX_WRITE_BYTES} bytes, and this one takes more: split it`,
        { table: id, details: { limit: MAX_WRITE_BYTES } },
      );
    }
  }
  return { bytes, entries };
}

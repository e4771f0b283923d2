import { types } from 'node:util';

/** One entry of a table. */
export interface Entry<T = Uint8Array> {
  /** Its sequence in the table: 1 to 2^64-1. */
  readonly sequence: bigint;
  /**
   * The payload. Bytes are a view that shares its buffer with its neighbours, and stay valid as long as they are
   * referenced: copy them (`slice()`) to keep a few out of many.
   */
  readonly payload: T;
  /**
   * The entry for `JSON.stringify`: the sequence as text, since a number would not hold each one exactly (`BigInt(text)`
   * takes it back), bytes as text in base64, and any other payload as JSON takes it.
   */
  toJSON(): object;
}

/** One entry of a region scan. */
export interface RegionEntry {
  /** The id of the table inside the region. */
  readonly table: bigint;
  /** Its sequence in the table: 1 to 2^64-1. */
  readonly sequence: bigint;
  /** A view that shares its buffer with its neighbours. */
  readonly payload: Uint8Array;
  /** The entry for `JSON.stringify`: table and sequence as text, and the payload as text in base64. */
  toJSON(): object;
}

/** An entry of a table as it is handed out. */
export class EntryOfTable<T> implements Entry<T> {
  readonly sequence: bigint;
  readonly payload: T;

  constructor(sequence: bigint, payload: T) {
    this.sequence = sequence;
    this.payload = payload;
  }

  toJSON(): object {
    return { sequence: String(this.sequence), payload: payloadForJson(this.payload) };
  }
}

/** An entry of a region scan as it is handed out. */
export class EntryOfRegion implements RegionEntry {
  readonly table: bigint;
  readonly sequence: bigint;
  readonly payload: Uint8Array;

  constructor(table: bigint, sequence: bigint, payload: Uint8Array) {
    this.table = table;
    this.sequence = sequence;
    this.payload = payload;
  }

  toJSON(): object {
    return {
      table: String(this.table),
      sequence: String(this.sequence),
      payload: payloadForJson(this.payload),
    };
  }
}

function payloadForJson(payload: unknown): unknown {
  if (!types.isUint8Array(payload)) return payload;
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('base64');
}

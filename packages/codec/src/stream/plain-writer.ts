import { Packr } from 'msgpackr';

const packr = new Packr({ useRecords: false, mapsAsObjects: true, encodeUndefinedAsNil: true });

/** Bytes of the length before each message. */
export const LENGTH_BYTES = 4;

/*
 * A message between processes: its length (u32 LE), and one msgpack value of nil, booleans, numbers, text, bin, arrays and
 * maps. An integer of 64 bits is a bigint, every other number a number. What msgpack has no type for is a map of one key:
 */
export const U64S = '$u64';
export const U32S = '$u32';
export const F64S = '$f64';
export const BUFFER = '$buf';

/**
 * A message of plain data, as structured clone would take it: with bytes, `BigUint64Array`, `Uint32Array`, `Float64Array`
 * and `ArrayBuffer` in it. Fields that are undefined are left out.
 */
export function encodeMessage(value: unknown): Uint8Array {
  const body = packr.pack(plain(value));
  const message = new Uint8Array(LENGTH_BYTES + body.length);
  new DataView(message.buffer).setUint32(0, body.length, true);
  message.set(body, LENGTH_BYTES);
  return message;
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return bytesOf(value);
  if (value instanceof BigUint64Array) return { [U64S]: bytesOf(value) };
  if (value instanceof Uint32Array) return { [U32S]: bytesOf(value) };
  if (value instanceof Float64Array) return { [F64S]: bytesOf(value) };
  if (value instanceof ArrayBuffer) return { [BUFFER]: new Uint8Array(value) };
  if (Array.isArray(value)) return value.map(plain);
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) if (field !== undefined) fields[name] = plain(field);
  return fields;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

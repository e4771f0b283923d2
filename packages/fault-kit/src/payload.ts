import { DEFAULT_SIZES, type PartRecord } from './journal/records.js';
import { Random } from './random.js';
import { tableKey } from './table-key.js';

/** Bytes at the start of a payload that say which entry it is: the part's seed, the index in it, the length. */
export const PAYLOAD_HEADER_BYTES = 16;

/** What a payload says of itself. */
export interface PayloadHeader {
  readonly seed: number;
  readonly index: number;
  readonly length: number;
}

/**
 * The payload of entry `index` of a part: a pure function of the part's table, seed and sizes, and of the index. It
 * begins with the header, so that a payload found on the disk tells where it belongs; the rest is random.
 */
export function payloadOf(part: PartRecord, index: number): Uint8Array {
  const [min, max] = part.bytes ?? DEFAULT_SIZES;
  const random = new Random(mix(tableKey(part), part.seed, index));
  const length = random.integer(Math.max(min, PAYLOAD_HEADER_BYTES), Math.max(max, PAYLOAD_HEADER_BYTES));
  return fill(random, part.seed, index, length);
}

/** What a payload says of itself, or null when it is too short to say anything. */
export function payloadHeader(payload: Uint8Array): PayloadHeader | null {
  if (payload.length < PAYLOAD_HEADER_BYTES) return null;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return {
    seed: view.getUint32(0) * 2 ** 32 + view.getUint32(4),
    index: view.getUint32(8),
    length: view.getUint32(12),
  };
}

function fill(random: Random, seed: number, index: number, length: number): Uint8Array {
  const payload = new Uint8Array(length);
  const view = new DataView(payload.buffer);
  view.setUint32(0, Math.floor(seed / 2 ** 32));
  view.setUint32(4, seed >>> 0);
  view.setUint32(8, index);
  view.setUint32(12, length);
  let at = PAYLOAD_HEADER_BYTES;
  for (; at + 4 <= length; at += 4) view.setInt32(at, random.bits());
  for (; at < length; at++) view.setUint8(at, random.bits() & 0xff);
  return payload;
}

/** FNV-1a over what makes an entry itself. */
function mix(key: string, seed: number, index: number): number {
  let hash = 0x811c9dc5;
  const add = (value: number): void => {
    hash = Math.imul(hash ^ value, 0x01000193);
  };
  for (let i = 0; i < key.length; i++) add(key.charCodeAt(i));
  add(seed >>> 0);
  add(Math.floor(seed / 2 ** 32));
  add(index);
  return hash;
}

import { mustBe } from '../errors/refuse.js';

/** The largest id and the largest sequence: 2^64-1. */
export const U64_MAX: bigint = 2n ** 64n - 1n;

// One 64-bit slot viewed as a bigint and as two halves. It converts between them without bigint shifts, which
// allocate: these functions run once per entry.
const whole = new BigUint64Array(1);
const halves = new Uint32Array(whole.buffer);
// Which half is low depends on the processor.
whole[0] = 1n;
const LOW: 0 | 1 = halves[0] === 1 ? 0 : 1;
const HIGH: 0 | 1 = LOW === 0 ? 1 : 0;

/** Throws SHALE_INVALID_ARGUMENT unless `value` is a bigint from 0 to 2^64-1. */
export function requireU64(name: string, value: bigint): void {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
    throw mustBe(name, 'a bigint from 0 to 18446744073709551615', value);
  }
}

/** Writes `value`, which must be in range, big-endian. There must be room. */
export function writeU64BE(target: Uint8Array, offset: number, value: bigint): void {
  whole[0] = value;
  const high = halves[HIGH] ?? 0;
  const low = halves[LOW] ?? 0;
  target[offset] = high >>> 24;
  target[offset + 1] = high >>> 16;
  target[offset + 2] = high >>> 8;
  target[offset + 3] = high;
  target[offset + 4] = low >>> 24;
  target[offset + 5] = low >>> 16;
  target[offset + 6] = low >>> 8;
  target[offset + 7] = low;
}

/** Reads a big-endian integer. There must be eight bytes. */
export function readU64BE(source: Uint8Array, offset: number): bigint {
  halves[HIGH] = readU32BE(source, offset);
  halves[LOW] = readU32BE(source, offset + 4);
  return whole[0] ?? 0n;
}

/** Writes `value`, which must be in range, little-endian. There must be room. */
export function writeU64LE(target: Uint8Array, offset: number, value: bigint): void {
  whole[0] = value;
  writeU32LE(target, offset, halves[LOW] ?? 0);
  writeU32LE(target, offset + 4, halves[HIGH] ?? 0);
}

/** Reads a little-endian integer. There must be eight bytes. */
export function readU64LE(source: Uint8Array, offset: number): bigint {
  halves[LOW] = readU32LE(source, offset);
  halves[HIGH] = readU32LE(source, offset + 4);
  return whole[0] ?? 0n;
}

/** Writes an integer from 0 to 2^32-1, little-endian. There must be room. */
export function writeU32LE(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value >>> 16;
  target[offset + 3] = value >>> 24;
}

/** Reads a little-endian integer. There must be four bytes. */
export function readU32LE(source: Uint8Array, offset: number): number {
  return (
    ((source[offset] ?? 0) |
      ((source[offset + 1] ?? 0) << 8) |
      ((source[offset + 2] ?? 0) << 16) |
      ((source[offset + 3] ?? 0) << 24)) >>>
    0
  );
}

/** Writes an integer from 0 to 2^32-1, big-endian, as in msgpack. There must be room. */
export function writeU32BE(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}

/** Reads a big-endian integer. There must be four bytes. */
export function readU32BE(source: Uint8Array, offset: number): number {
  return (
    (((source[offset] ?? 0) << 24) |
      ((source[offset + 1] ?? 0) << 16) |
      ((source[offset + 2] ?? 0) << 8) |
      (source[offset + 3] ?? 0)) >>>
    0
  );
}

/**
 * Random in each thread: ids come from outside, and nobody shall be able to choose such that share a hash. Nothing of it is
 * ever told, and to load node:crypto for it would take a tenth of a thread's start.
 */
const K0 = Math.floor(Math.random() * 2 ** 32) | 0;
const K1 = Math.floor(Math.random() * 2 ** 32) | 0;

/** A keyed hash of an id, never 0: HalfSipHash with one round a word and three at the end. */
export function hashOfId(bytes: Uint8Array, at: number, length: number): number {
  let v0 = K0;
  let v1 = K1;
  let v2 = 0x6c796765 ^ K0;
  let v3 = 0x74656462 ^ K1;
  const words = length >>> 2;
  // The words, the bytes that are left with the length, and three rounds at the end.
  for (let n = 0; n < words + 4; n++) {
    let word = 0;
    if (n < words) {
      const i = at + 4 * n;
      word =
        (bytes[i] ?? 0) |
        ((bytes[i + 1] ?? 0) << 8) |
        ((bytes[i + 2] ?? 0) << 16) |
        ((bytes[i + 3] ?? 0) << 24);
    } else if (n === words) {
      word = length << 24;
      for (let i = 4 * words; i < length; i++) word |= (bytes[at + i] ?? 0) << ((i & 3) * 8);
    } else if (n === words + 1) {
      v2 ^= 0xff;
    }
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0 || 1;
}

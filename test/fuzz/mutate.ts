import type { Random } from '../support/random.js';

const SMALL = [0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 26, 32, 63, 64, 127, 128, 129, 254, 255] as const;
const LARGE = [
  0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
] as const;

/** Makes another input out of one: a few random changes, some of them with pieces of another input or of `tokens`. */
export function mutate(
  random: Random,
  input: Uint8Array,
  other: Uint8Array,
  tokens: readonly Uint8Array[],
  maxBytes: number,
): Uint8Array {
  let bytes = input.slice();
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    bytes = change(random, bytes, other, tokens);
  }
  return bytes.length > maxBytes ? bytes.slice(0, maxBytes) : bytes;
}

function change(
  random: Random,
  bytes: Uint8Array<ArrayBuffer>,
  other: Uint8Array,
  tokens: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const length = Math.min(1 + random.below(random.of([4, 16, 64])), bytes.length - at);
  switch (random.below(10)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.below(256);
      return bytes;
    case 2:
      if (at < bytes.length) bytes[at] = random.of(SMALL);
      return bytes;
    case 3: {
      const view = new DataView(bytes.buffer);
      const value = random.of(LARGE);
      if (at + 4 <= bytes.length) view.setUint32(at, value, random.once(2));
      return bytes;
    }
    case 4:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) + random.of([1, -1]);
      return bytes;
    case 5:
      return replace(bytes, at, length, new Uint8Array(0));
    case 6:
      return replace(bytes, at, 0, bytes.subarray(at, at + length));
    case 7:
      return replace(
        bytes,
        at,
        0,
        Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256)),
      );
    case 8: {
      const from = random.below(other.length + 1);
      const piece = other.subarray(from, from + 1 + random.below(64));
      return replace(bytes, at, random.once(2) ? piece.length : 0, piece);
    }
    default: {
      const token = tokens[random.below(Math.max(1, tokens.length))] ?? Uint8Array.of(random.below(256));
      return replace(bytes, at, random.once(2) ? token.length : 0, token);
    }
  }
}

function replace(bytes: Uint8Array, at: number, length: number, by: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = Math.min(bytes.length, at + length);
  const result = new Uint8Array(bytes.length - (end - at) + by.length);
  result.set(bytes.subarray(0, at));
  result.set(by, at);
  result.set(bytes.subarray(end), at + by.length);
  return result;
}

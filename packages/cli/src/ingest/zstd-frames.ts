/** What a frame of zstd consists of, or its end with the checksum of its text, if it has one. */
export type FramePart =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end'; readonly checksum: number | undefined };

/** Bytes that a frame may ask for to look back at. `zstd --long` asks for so many. */
const MAX_WINDOW = 128 * 2 ** 20;
const MAGIC = 0xfd2fb528;
/** The last digit of the magic of what may be skipped is any. */
const SKIPPABLE = 0x184d2a50;

/** Of what comes next in a frame, how many bytes are needed to understand it. */
type Next = 'magic' | 'skip' | 'descriptor' | 'header' | 'block' | 'checksum';

/**
 * Finds the frames in an input that comes in pieces (RFC 8878, section 3): where each ends, its checksum, and what is
 * to be skipped. What is in the blocks is not looked at.
 */
export class ZstdFrames {
  #next: Next = 'magic';
  #wanted = 4;
  #held: number[] = [];
  /** Bytes of a block that are still to come; those of what is skipped are given to nobody. */
  #passing = 0;
  #skips = false;
  #isLast = false;
  #descriptor = 0;
  #hasFrame = false;

  /** The next bytes of the input. Throws an `Error` where they are not zstd's. */
  *push(chunk: Uint8Array): Generator<FramePart, void, undefined> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#passing > 0) {
        const bytes = chunk.subarray(at, at + this.#passing);
        at += bytes.length;
        this.#passing -= bytes.length;
        if (!this.#skips) yield { kind: 'bytes', bytes };
      } else {
        this.#held.push(chunk[at++] ?? 0);
        if (this.#held.length < this.#wanted) continue;
        const bytes = Uint8Array.from(this.#held);
        this.#held = [];
        yield* this.#understand(bytes);
      }
      if (this.#passing === 0 && this.#isLast) yield* this.#blocksEnd();
    }
  }

  /** The input has ended. Throws an `Error` where that is in the middle of a frame. */
  end(): void {
    if (this.#next !== 'magic' || this.#held.length > 0 || this.#passing > 0)
      throw new Error('unexpected end of input');
    if (!this.#hasFrame) throw new Error('there is no frame of zstd');
  }

  *#understand(bytes: Uint8Array): Generator<FramePart, void, undefined> {
    const value = littleEndian(bytes);
    switch (this.#next) {
      case 'magic':
        this.#skips = (value & 0xfffffff0) >>> 0 === SKIPPABLE;
        if (this.#skips) return this.#expect('skip', 4);
        if (value !== MAGIC) throw new Error('what follows is no frame of zstd');
        this.#hasFrame = true;
        yield { kind: 'bytes', bytes };
        return this.#expect('descriptor', 1);
      case 'skip':
        this.#passing = value;
        return this.#expect('magic', 4);
      case 'descriptor':
        this.#descriptor = value;
        yield { kind: 'bytes', bytes };
        return this.#expect('header', headerLength(value));
      case 'header':
        if (windowOf(this.#descriptor, bytes) > MAX_WINDOW)
          throw new Error(`it needs a window of more than ${MAX_WINDOW} bytes`);
        yield { kind: 'bytes', bytes };
        return this.#expect('block', 3);
      case 'block': {
        const isRepeated = ((value >> 1) & 3) === 1;
        this.#isLast = (value & 1) === 1;
        this.#passing = isRepeated ? 1 : value >>> 3;
        yield { kind: 'bytes', bytes };
        return this.#expect('block', 3);
      }
      case 'checksum':
        yield { kind: 'bytes', bytes };
        yield { kind: 'end', checksum: value };
        return this.#expect('magic', 4);
    }
  }

  *#blocksEnd(): Generator<FramePart, void, undefined> {
    this.#isLast = false;
    if ((this.#descriptor & 4) !== 0) return this.#expect('checksum', 4);
    yield { kind: 'end', checksum: undefined };
    this.#expect('magic', 4);
  }

  #expect(next: Next, wanted: number): void {
    this.#next = next;
    this.#wanted = wanted;
  }
}

/** Bytes of a frame's header behind its descriptor. */
function headerLength(descriptor: number): number {
  const isSingle = (descriptor & 32) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const content = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return (isSingle ? 0 : 1) + dictionary + content;
}

/** How far back a frame looks. */
function windowOf(descriptor: number, header: Uint8Array): number {
  const isSingle = (descriptor & 32) !== 0;
  if (!isSingle) {
    const byte = header[0] ?? 0;
    const base = 2 ** (10 + (byte >> 3));
    return base + (base / 8) * (byte & 7);
  }
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const content = header.subarray(dictionary);
  return littleEndian(content) + (content.length === 2 ? 256 : 0);
}

/** A number without a sign; beyond 2^53 about that. */
function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

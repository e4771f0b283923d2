import { mustBe } from '@shale/codec';

/** The sizes of the buffers that a read makes. */
export interface ChunkOptions {
  /** Bytes of one chunk, 1 KiB to 1 GiB. Default 256 KiB. The first chunks are smaller, for short reads. */
  readonly chunkBytes?: number | undefined;
  /** Entries of one chunk at most, at least 1. Default: as many as fit. */
  readonly chunkEntries?: number | undefined;
}

const DEFAULT_CHUNK_BYTES = 256 * 1024;
const FIRST_CHUNK_BYTES = 16 * 1024;
const GROWTH = 4;
/** The names of {@link ChunkOptions}. */
export const CHUNK_OPTIONS = ['chunkBytes', 'chunkEntries'] as const;
const MIN_CHUNK_BYTES = 1024;
const MAX_CHUNK_BYTES = 2 ** 30;

/** Makes the buffers of one read: small ones first, then as large as asked for, larger where one entry needs it. */
export class ChunkBuffers {
  /** Entries of one chunk at most; Infinity for as many as fit. */
  readonly maxEntries: number;
  readonly #limit: number;
  #size: number;
  #required = 0;

  /** Throws SHALE_INVALID_ARGUMENT. */
  constructor({
    chunkBytes = DEFAULT_CHUNK_BYTES,
    chunkEntries,
  }: { readonly [P in keyof ChunkOptions]?: unknown }) {
    this.#limit = integer('chunkBytes', chunkBytes, MIN_CHUNK_BYTES, MAX_CHUNK_BYTES);
    this.maxEntries =
      chunkEntries === undefined
        ? Number.POSITIVE_INFINITY
        : integer('chunkEntries', chunkEntries, 1, 2 ** 32 - 1);
    this.#size = Math.min(FIRST_CHUNK_BYTES, this.#limit);
  }

  /** The next buffer. */
  next(): ArrayBuffer {
    const buffer = new ArrayBuffer(Math.max(this.#size, this.#required));
    this.#size = Math.min(this.#size * GROWTH, this.#limit);
    this.#required = 0;
    return buffer;
  }

  /** The next buffer, and only that one, must hold so many bytes. */
  require(bytes: number): void {
    this.#required = bytes;
  }
}

function integer(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw mustBe(name, `an integer from ${least} to ${most}`, value);
}

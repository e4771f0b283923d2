import { WalError } from '@shale/codec';
import { refuseStray } from './option-names.js';

/** How a read that makes its own buffers does so. */
export interface ChunkOptions {
  /** Bytes of one chunk, 1 KiB to 1 GiB. Default 256 KiB. The first chunks are smaller, for short reads. */
  readonly chunkBytes?: number | undefined;
  /** Entries of one chunk at most, at least 1. Default: as many as fit. */
  readonly chunkEntries?: number | undefined;
}

const DEFAULT_CHUNK_BYTES = 256 * 1024;
const FIRST_CHUNK_BYTES = 16 * 1024;
const GROWTH = 4;
const CHUNK_OPTIONS: readonly string[] = ['chunkBytes', 'chunkEntries'];
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
  constructor(options: ChunkOptions) {
    refuseStray('a read', options, CHUNK_OPTIONS);
    this.#limit = integer(
      'chunkBytes',
      options.chunkBytes ?? DEFAULT_CHUNK_BYTES,
      MIN_CHUNK_BYTES,
      MAX_CHUNK_BYTES,
    );
    this.maxEntries =
      options.chunkEntries === undefined
        ? Number.POSITIVE_INFINITY
        : integer('chunkEntries', options.chunkEntries, 1, 2 ** 32 - 1);
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

function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new WalError(
    'SHALE_INVALID_ARGUMENT',
    `${name} must be an integer of ${least} to ${most}, and is ${String(value)}`,
    { details: { field: name } },
  );
}

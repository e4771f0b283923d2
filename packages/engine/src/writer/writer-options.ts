import { mustBe } from '@shale/codec';
import { readBag, toFlag } from '@shale/storage';
import type { Durability } from '../options.js';
import { type CheckedWrite, wantsSync } from '../write-options.js';

/** How far a writer has come. */
export interface WriterProgress {
  /** Entries that are in, of those that were written. */
  readonly acknowledged: number;
  /** The sequence of the last of them. */
  readonly last: bigint;
}

/** What a flush came to. */
export interface FlushResult {
  /** The sequence of the last entry that is in; null when none was written. */
  readonly last: bigint | null;
}

/** Options of `table.writer`. */
export interface WriterOptions {
  /**
   * When entries are acknowledged.
   *
   * @defaultValue the `durability` of `openWal`
   */
  readonly durability?: Durability | undefined;
  /**
   * From how many bytes on, written and not acknowledged, the writer is full: `write` then returns false, and throws
   * SHALE_OVERLOADED when it is called all the same. Each entry counts 4 more.
   *
   * @range 1 KiB to 1 GiB
   * @defaultValue 1 MiB
   */
  readonly bufferBytes?: number | undefined;
  /**
   * Whether the table has no other writer. Then every entry is in once and only once, in spite of threads that die:
   * what was under way is looked up, and what is not in is sent again. Another writer is noticed, and ends this one with
   * SHALE_SEQUENCE_MISMATCH.
   *
   * @defaultValue false
   */
  readonly exclusive?: boolean | undefined;
  /** Called each time that entries were acknowledged, many at a time. What it throws ends the writer. */
  readonly onProgress?: ((progress: WriterProgress) => void) | undefined;
}

/** Writer options, checked. */
export interface CheckedWriter {
  readonly sync: boolean;
  readonly bufferBytes: number;
  readonly exclusive: boolean;
  readonly onProgress: ((progress: WriterProgress) => void) | undefined;
}

const WRITER_OPTIONS = ['durability', 'bufferBytes', 'exclusive', 'onProgress'] as const;
const KIB = 1024;
const BUFFER_BYTES = KIB * KIB;

/** Reads the options of a writer. Throws SHALE_INVALID_ARGUMENT. */
export function readWriterOptions(
  call: string,
  options: WriterOptions | undefined,
  usual: CheckedWrite,
): CheckedWriter {
  const read = options === undefined ? {} : readBag(call, options, WRITER_OPTIONS);
  const { durability, bufferBytes = BUFFER_BYTES, exclusive, onProgress } = read;
  if (!isSize(bufferBytes)) throw mustBe('bufferBytes', 'an integer from 1 KiB to 1 GiB', bufferBytes);
  if (!isCallback(onProgress)) throw mustBe('onProgress', 'a function', onProgress);
  return {
    sync: wantsSync(durability, usual.sync),
    bufferBytes,
    exclusive: toFlag('exclusive', exclusive, false),
    onProgress,
  };
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= KIB && value <= KIB ** 3;
}

function isCallback(value: unknown): value is CheckedWriter['onProgress'] {
  return value === undefined || typeof value === 'function';
}

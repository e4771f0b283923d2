import { mustBe } from '@shale/codec';
import { readBag } from '@shale/storage';
import { READ_OPTIONS, type ReadOptions } from '../read/read-options.js';

/** How to read as a stream. */
export interface StreamReadOptions extends ReadOptions {
  /**
   * What the stream is of: entries, or chunks of consecutive entries, which cost much less an entry.
   *
   * @defaultValue `'entries'`
   */
  readonly of?: 'entries' | 'chunks' | undefined;
}

const STREAM_OPTIONS = [...READ_OPTIONS, 'of'] as const;

/** Reads the options of a stream once: those of the read, and what it is of. Throws SHALE_INVALID_ARGUMENT. */
export function readStreamOptions(
  call: string,
  options: StreamReadOptions,
): { readonly read: ReadOptions; readonly of: 'entries' | 'chunks' } {
  const { of = 'entries', ...read } = readBag(call, options, STREAM_OPTIONS);
  if (of !== 'entries' && of !== 'chunks') throw mustBe('of', "'entries' or 'chunks'", of);
  // Each is checked when the read is made.
  return { read: read as ReadOptions, of };
}

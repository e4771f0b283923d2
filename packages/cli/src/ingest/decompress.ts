import { pipeline } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip } from 'node:zlib';
import { CliError } from '../cli-error.js';
import type { Compression } from './compression.js';
import { zstdDecompressed } from './zstd.js';

/** Bytes of text in a chunk. */
const CHUNK_BYTES = 1 << 18;

/**
 * The text of a compressed input, as it comes. Fails with what is not so compressed, or ends too early; not if `isCut`,
 * when its chunks ended before the input did.
 */
export async function* decompressed(
  chunks: AsyncIterable<Buffer>,
  compression: Compression,
  isCut: () => boolean,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* compression === 'zstd' ? zstdDecompressed(chunks) : ofZlib(chunks, compression);
  } catch (error) {
    if (isCut()) return;
    if (error instanceof CliError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError('CLI_INPUT', `the input cannot be decompressed (${compression}): ${reason}`, {
      cause: error,
      hint: 'What came before is in. Give the whole input with --resume; if it is not compressed so, say what it is with --compression.',
    });
  }
}

async function* ofZlib(
  chunks: AsyncIterable<Buffer>,
  compression: 'gzip' | 'brotli',
): AsyncGenerator<Buffer, void, undefined> {
  let given = 0;
  const counted = async function* (): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of chunks) {
      given += chunk.length;
      yield chunk;
    }
  };
  const decoder =
    compression === 'gzip'
      ? createGunzip({ chunkSize: CHUNK_BYTES })
      : createBrotliDecompress({
          chunkSize: CHUNK_BYTES,
          params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 0 },
        });
  // The decoder fails with whatever fails.
  pipeline(counted, decoder, () => {});
  for await (const chunk of decoder) yield chunk;
  // Of gzip what follows is another part, or zeros that fill up a block of a tape.
  if (compression === 'brotli' && decoder.bytesWritten < given) throw new Error('something follows its end');
}

import { brotliCompressSync, gzipSync } from 'node:zlib';
import { decompressed } from '#internals/ingest';
import { require, same, type Target, utf8 } from '../target.js';

/** Each four bytes stand for 128 KiB of the same byte. */
const MANY_BLOCKS = Buffer.concat([Buffer.from('28b52ffd0038', 'hex'), Buffer.alloc(480, '02001061', 'hex')]);

/** Lines as a log has them, compressed by zstd with a checksum and without one. */
const ZSTD = [
  'KLUv/WQiAJ0CAKLDDBGg7V5t6IP/sB/9SiLGBBXAPGDy2fc/epwYZMpBvWwKKYe/hL9gdlKoQS/Uipr0ucZUBhaoEJDe/wzA4wEQXBY3wQciHz9obNxTsMUYNacUqdhF6Q==',
  'KLUv/WAiAE0DAGQDeyJob3N0Ijoid2ViLTEiLCJ2Ijo3fQoyMTQzMjE0ODUzNTY0Mjc5ODU2OTYzMTAwMTE4NH0KFgB2y6RuCOhGHNE625qsgd7AIEBHMDDQBWQXdAQDA72BQUA/kDHQGxjEzo5gYPWYYg==',
].map((text) => Uint8Array.from(Buffer.from(text, 'base64')));
/** A frame with one block that stands as it is; one with a byte that is repeated; and what is skipped. */
const FRAMES = ['28b52ffd200319000061620a', '28b52ffd20052b00000a', '5a2a4d180400000061626364'].map((text) =>
  Uint8Array.from(Buffer.from(text, 'hex')),
);

/** Bytes of text that are looked at: an input of some hundred bytes may stand for many megabytes. */
const MOST_TEXT = 1 << 20;

/** What comes out before the error that ends it, if one does. */
interface Outcome {
  readonly text: Buffer;
  readonly error: string | null;
  /** More would have come. */
  readonly isLong: boolean;
}

/** Whatever the pieces it comes in, the same text comes of it, or an error of the command. */
function target(
  compression: 'gzip' | 'zstd' | 'brotli',
  tokens: readonly Uint8Array[],
  seeds: readonly Uint8Array[],
): Target {
  return {
    name: `shell-${compression}`,
    maxBytes: 512,
    tokens,
    seeds,
    async run(input) {
      const bytes = Buffer.from(input);
      const whole = await read([bytes], compression);
      const size = 1 + ((input[0] ?? 0) & 7);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const cut = await read(pieces, compression);
      // How much comes before an error depends on the pieces.
      if (cut.isLong || whole.isLong) return;
      require(cut.error === whole.error, `ends with ${cut.error} in pieces and with ${whole.error} whole`);
      if (whole.error === null) require(same(cut.text, whole.text), 'is another text in pieces');
    },
  };
}

async function read(pieces: readonly Buffer[], compression: 'gzip' | 'zstd' | 'brotli'): Promise<Outcome> {
  const chunks = (async function* () {
    yield* pieces;
  })();
  const parts: Buffer[] = [];
  let length = 0;
  let error: string | null = null;
  try {
    for await (const part of decompressed(chunks, compression, () => false)) {
      parts.push(part);
      length += part.length;
      if (length >= MOST_TEXT) break;
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && String(cause.code).startsWith('CLI_'))) throw cause;
    error = String(cause.code);
  }
  return { text: Buffer.concat(parts), error, isLong: length >= MOST_TEXT };
}

/** What zstd compressed, as `shale ingest` takes it. */
export const shellZstd: Target = target(
  'zstd',
  [...FRAMES, Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), Uint8Array.of(1, 0, 0)],
  [...ZSTD, ...FRAMES, MANY_BLOCKS, Buffer.concat([...ZSTD, ...FRAMES])],
);

/** What gzip compressed. */
export const shellGzip: Target = target(
  'gzip',
  [Uint8Array.of(0x1f, 0x8b, 8), Uint8Array.of(0, 0)],
  [gzipSync('a\nb\n'), Buffer.concat([gzipSync('a\n'.repeat(99)), gzipSync('b')])],
);

/** What brotli compressed. */
export const shellBrotli: Target = target('brotli', [utf8('a\n')], [brotliCompressSync('a\nb\n'.repeat(9))]);

import { Decompress } from 'fzstd';
import xxhash, { type XXHashAPI } from 'xxhash-wasm';
import { ZstdFrames } from './zstd-frames.js';

/** One frame on its way: what decompresses it, and the hash of what came of it. */
interface Frame {
  readonly decoder: Decompress;
  readonly hash: ReturnType<XXHashAPI['create64']>;
}

/** The text of an input that zstd has compressed, in one frame or several. Each frame is checked, if it has a checksum. */
export async function* zstdDecompressed(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const { create64 } = await xxhash();
  const frames = new ZstdFrames();
  let text: Buffer[] = [];
  let frame: Frame | undefined;
  const begin = (): Frame => {
    const hash = create64();
    const decoder = new Decompress((part) => {
      if (part.length === 0) return;
      hash.update(part);
      // The decoder goes on in the memory of what it gives.
      text.push(Buffer.from(part));
    });
    return { decoder, hash };
  };
  for await (const chunk of chunks) {
    for (const part of frames.push(chunk)) {
      frame ??= begin();
      if (part.kind === 'bytes') frame.decoder.push(part.bytes);
      else {
        frame.decoder.push(new Uint8Array(0), true);
        if (part.checksum !== undefined && part.checksum !== Number(frame.hash.digest() & 0xffffffffn))
          throw new Error('the checksum of a frame is not that of its text');
        frame = undefined;
      }
      // Block by block: four bytes may stand for 128 KiB, and a chunk holds many thousands of such blocks.
      const ready = text;
      text = [];
      yield* ready;
    }
  }
  frames.end();
}

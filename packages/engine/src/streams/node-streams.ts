import { Readable, Writable } from 'node:stream';
import type { TableWriter } from '../writer/table-writer.js';

/**
 * A stream whose chunks are entries of a writer. It is held up while the writer is full, ends when everything is in, and
 * sends nothing more once it is destroyed.
 */
export function writableOf<Input>(writer: TableWriter<Input>): Writable {
  return new Writable({
    objectMode: true,
    write(payload: Input, _encoding, done) {
      try {
        if (writer.write(payload)) done();
        else writer.ready().then(() => done(), done);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    writev(chunks, done) {
      writeAll(
        writer,
        chunks.map(({ chunk }) => chunk as Input),
      ).then(() => done(), done);
    },
    final(done) {
      writer.close().then(() => done(), done);
    },
    destroy(error, done) {
      writer.abandon(error ?? new Error('the stream was destroyed'));
      done(error);
    },
  });
}

/** Writes entries, and resolves when there is room for more. */
async function writeAll<Input>(writer: TableWriter<Input>, payloads: readonly Input[]): Promise<void> {
  for (const payload of payloads) if (!writer.write(payload)) await writer.ready();
}

/** A stream of what is iterated. The iteration ends when the stream is destroyed. */
export function readableOf(items: AsyncIterable<unknown>): Readable {
  // What is iterated has been read ahead already.
  return Readable.from(items, { objectMode: true, highWaterMark: 1 });
}

import { ReadableStream, WritableStream } from 'node:stream/web';
import type { TableWriter } from '../writer/table-writer.js';

/**
 * A stream whose chunks are entries of a writer. It is held up while the writer is full, closes when everything is in,
 * and sends nothing more once it is aborted.
 */
export function writableStreamOf<Input>(writer: TableWriter<Input>): WritableStream<Input> {
  return new WritableStream<Input>({
    async write(payload) {
      if (!writer.write(payload)) await writer.ready();
    },
    close: () => writer.close(),
    abort(reason) {
      writer.abandon(reason);
    },
  });
}

/** A stream of what is iterated. The iteration ends when the stream is cancelled. */
export function readableStreamOf<Item>(items: AsyncIterable<Item>): ReadableStream<Item> {
  return ReadableStream.from(items);
}

/** How much of an input is looked at before it is known how it is to be read. */
const LOOK_BYTES = 1 << 16;
const LF = 10;

/** What an input begins with, and the whole of it. */
export interface Beginning {
  readonly head: Buffer;
  /** There is no more than that. */
  readonly isWhole: boolean;
  /** Whether there may be more of it later. */
  readonly mayGrow?: boolean;
  readonly chunks: AsyncIterable<Buffer>;
}

/** Reads up to 64 KiB; of an input that may come slowly no more than to the end of its first line. */
export async function readBeginning(
  chunks: AsyncIterable<Buffer>,
  source: 'file' | 'stream',
): Promise<Beginning> {
  const rest = chunks[Symbol.asyncIterator]();
  const read: Buffer[] = [];
  let length = 0;
  let isWhole = false;
  while (length <= LOOK_BYTES && (source === 'file' || !read.some((chunk) => chunk.includes(LF)))) {
    const next = await rest.next();
    if (next.done) {
      isWhole = true;
      break;
    }
    read.push(next.value);
    length += next.value.length;
  }
  const head = Buffer.concat(read).subarray(0, LOOK_BYTES);
  return { head, isWhole: isWhole && length <= LOOK_BYTES, chunks: all(read, isWhole ? undefined : rest) };
}

async function* all(
  read: readonly Buffer[],
  rest: AsyncIterator<Buffer> | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  yield* read;
  if (!rest) return;
  for (;;) {
    const next = await rest.next();
    if (next.done) return;
    yield next.value;
  }
}

import { CliError } from '../cli-error.js';

/** Text of two bytes a character. */
export type Utf16 = 'utf-16le' | 'utf-16be';

/** How the text of an input is written. */
export type Encoding = 'utf-8' | Utf16;

/** Text that is no UTF-8 shows itself within so many bytes. */
const LOOK = 4096;
/** The other byte is 0 in so many times fewer characters. */
const FEW = 4;

/** Whether an input that begins with `head` is UTF-16, by its byte order mark. */
export function markedEncoding(head: Buffer): Utf16 | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** Whether it looks like UTF-16 that does not say so: in most texts one byte of each character is 0 then. */
export function likelyEncoding(head: Buffer): Utf16 | undefined {
  const bytes = head.subarray(0, LOOK);
  const pairs = bytes.length >> 1;
  if (pairs < 2) return undefined;
  let [even, odd] = [0, 0];
  for (let i = 0; i < pairs * 2; i += 2) {
    if (bytes[i] === 0) even++;
    if (bytes[i + 1] === 0) odd++;
  }
  if (odd > pairs / 2 && even < odd / FEW) return 'utf-16le';
  if (even > pairs / 2 && odd < even / FEW) return 'utf-16be';
  return undefined;
}

/** The same text in UTF-8, its byte order mark left out. Fails with what is no UTF-16; not if `isCut`, at the end. */
export async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  encoding: Utf16,
  isCut: () => boolean = () => false,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let offset = 0;
  const decode = (chunk: Buffer, stream: boolean): Buffer => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream }));
    } catch (error) {
      const place = `between the bytes ${offset} and ${offset + chunk.length}`;
      throw new CliError('CLI_INPUT', `the input is not ${encoding.toUpperCase()} ${place}`, {
        cause: error,
      });
    }
  };
  for await (const chunk of chunks) {
    const text = decode(chunk, true);
    offset += chunk.length;
    if (text.length > 0) yield text;
  }
  if (isCut()) return;
  const rest = decode(Buffer.alloc(0), false);
  if (rest.length > 0) yield rest;
}

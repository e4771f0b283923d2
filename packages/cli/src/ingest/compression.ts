import { CliError } from '../cli-error.js';

/** How an input is compressed, where it is decompressed. */
export type Compression = 'gzip' | 'zstd' | 'brotli';

/** What an input that is compressed begins with. Brotli begins with nothing of its own. */
const BEGINNINGS: readonly { readonly name: Compression; readonly bytes: readonly number[] }[] = [
  { name: 'gzip', bytes: [0x1f, 0x8b, 8] },
  { name: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
];
/** What is known, but not decompressed here, and the program that does it. */
const OTHERS: readonly { readonly program: string; readonly bytes: readonly (number | null)[] }[] = [
  { program: 'xz -dc', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] },
  { program: 'bzip2 -dc', bytes: [0x42, 0x5a, 0x68, null, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59] },
  { program: 'lz4 -dc', bytes: [0x04, 0x22, 0x4d, 0x18] },
  { program: 'unzip -p', bytes: [0x50, 0x4b, 0x03, 0x04] },
];

/**
 * How an input is compressed: as was said, or as its first bytes say. Fails with what is not decompressed here;
 * `inPipe`: the command that takes it by way of a program.
 */
export function compressionOf(
  compression: Compression | 'none' | undefined,
  head: Buffer,
  inPipe: (program: string) => string,
): Compression | undefined {
  if (compression !== undefined) return compression === 'none' ? undefined : compression;
  const found = BEGINNINGS.find(({ bytes }) => beginsWith(head, bytes));
  if (found) return found.name;
  // What may be skipped stands before zstd's first frame.
  if (head.length >= 4 && (head.readUInt32LE() & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
  const other = OTHERS.find(({ bytes }) => beginsWith(head, bytes));
  if (!other) return undefined;
  const [name] = other.program.split(' ');
  throw new CliError('CLI_USAGE', `the input is compressed, and ${name} decompresses it`, {
    hint: `Decompress it into a pipe: ${inPipe(other.program)} (if it is not compressed, say so with --compression none).`,
  });
}

/** Whether an input that begins so is compressed in any way that shows. */
export function looksCompressed(head: Buffer): boolean {
  return [...BEGINNINGS, ...OTHERS].some(({ bytes }) => beginsWith(head, bytes));
}

function beginsWith(head: Buffer, bytes: readonly (number | null)[]): boolean {
  return head.length >= bytes.length && bytes.every((byte, i) => byte === null || head[i] === byte);
}

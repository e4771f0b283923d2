import { CliError } from '../cli-error.js';
import { formatBytes, formatCount } from '../output/units.js';
import type { RecordScanner } from './scanner.js';

/** A place between two records of the input. */
export interface Position {
  /** Bytes before it. */
  readonly offset: number;
  /** Physical lines before it. */
  readonly line: number;
}

/** A run of whole records. */
export interface Block {
  readonly kind: 'records';
  /** The records ended only because the input did: with more input they would be others. */
  readonly open: boolean;
  readonly bytes: Buffer;
  /** Ends of the records in `bytes`, terminators included; the last one is `bytes.length`. */
  readonly ends: readonly number[];
  readonly lineCounts: readonly number[] | null;
  readonly start: Position;
  readonly end: Position;
}

/** A part of a line that is longer than allowed, handed on as it comes so that it need not be held whole. */
export interface OversizePiece {
  readonly kind: 'oversize';
  /** The line ended only because the input did. */
  readonly open: boolean;
  readonly bytes: Buffer;
  readonly first: boolean;
  /** The line ends with this piece. */
  readonly last: boolean;
  readonly start: Position;
  /** After the piece; `line` counts the long line only once it has ended. */
  readonly end: Position;
}

/**
 * Cuts chunks of any size into runs of whole records. Memory is bounded by a chunk plus `maxRecordBytes`; a line that
 * is longer comes out in pieces. A CSV record that grows past the bound because of an open quote is cut at its first
 * line end instead, for the parser to reject, and its next line starts afresh.
 */
export async function* readBlocks(
  chunks: AsyncIterable<Buffer>,
  options: {
    scanner: RecordScanner;
    maxRecordBytes: number;
    start: Position;
    /** Whether the chunks ended before the input did: then what is left over is no record. */
    isCut?: () => boolean;
  },
): AsyncGenerator<Block | OversizePiece, void, undefined> {
  const cutter = new Cutter(options);
  for await (const chunk of chunks) {
    if (chunk.length > 0) yield* cutter.push(chunk, false);
  }
  if (!options.isCut?.()) yield* cutter.push(Buffer.alloc(0), true);
}

class Cutter {
  readonly #scanner: RecordScanner;
  readonly #maxRecordBytes: number;
  /** Bytes since the last record's end, in the pieces in which they came. */
  #carry: Buffer[] = [];
  #carried = 0;
  /** Where the carry begins, or, inside a long line, where its next piece begins. */
  #at: Position;
  #state: 'records' | 'oversize' = 'records';
  /** The input has ended: what is cut now would be cut otherwise if there were more. */
  #open = false;

  constructor(options: { scanner: RecordScanner; maxRecordBytes: number; start: Position }) {
    this.#scanner = options.scanner;
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#at = options.start;
  }

  *push(chunk: Buffer, final: boolean): Generator<Block | OversizePiece, void, undefined> {
    let rest = chunk;
    this.#open = final;
    if (this.#state === 'oversize') {
      const newline = rest.indexOf(this.#scanner.newline);
      const last = newline !== -1;
      if (rest.length > 0 || final)
        yield this.#piece(rest.subarray(0, last ? newline + 1 : rest.length), false, last || final);
      if (!last) return;
      rest = rest.subarray(newline + 1);
    }
    if (!final && this.#endsNothing(rest)) {
      this.#hold(rest);
      return;
    }
    let bytes = this.#carried === 0 ? rest : Buffer.concat([...this.#carry, rest]);
    this.#carry = [];
    this.#carried = 0;
    while (bytes.length > 0) {
      const scan = this.#scanner.scan(bytes, final);
      const taken = this.#withinBound(scan.ends);
      if (taken > 0) {
        const block = this.#block(bytes, scan.ends.slice(0, taken), scan.lineCounts?.slice(0, taken) ?? null);
        bytes = bytes.subarray(block.bytes.length);
        yield block;
        continue;
      }
      if (scan.ends.length === 0 && bytes.length <= this.#maxRecordBytes) break;
      if (!this.#scanner.isOfLines) throw tooLong(this.#at, this.#maxRecordBytes);
      // The first record is too long, or is not known to end: give up its first line.
      const newline = bytes.indexOf(this.#scanner.newline);
      const length = newline === -1 ? bytes.length : newline + 1;
      if (newline !== -1 && length <= this.#maxRecordBytes) {
        yield this.#block(bytes, [length], null);
      } else {
        yield this.#piece(bytes.subarray(0, length), true, newline !== -1 || final);
      }
      bytes = bytes.subarray(length);
    }
    this.#hold(bytes);
  }

  /** Without the end of a line there is nothing to look for: a long line that comes in pieces is gone through once. */
  #endsNothing(chunk: Buffer): boolean {
    const { isOfLines, newline } = this.#scanner;
    return isOfLines && this.#carried + chunk.length <= this.#maxRecordBytes && !chunk.includes(newline);
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // A copy, so that the chunk behind it can be let go.
    this.#carry.push(Buffer.from(bytes));
    this.#carried += bytes.length;
  }

  /** How many of the records, from the first on, are no longer than allowed. */
  #withinBound(ends: readonly number[]): number {
    let start = 0;
    for (let i = 0; i < ends.length; i += 1) {
      const end = ends[i] ?? start;
      if (end - start > this.#maxRecordBytes) return i;
      start = end;
    }
    return ends.length;
  }

  #block(bytes: Buffer, ends: readonly number[], lineCounts: readonly number[] | null): Block {
    const length = ends.at(-1) ?? 0;
    const lines = lineCounts ? lineCounts.reduce((sum, count) => sum + count, 0) : ends.length;
    const start = this.#at;
    const end = { offset: start.offset + length, line: start.line + lines };
    this.#at = end;
    return {
      kind: 'records',
      open: this.#open,
      bytes: bytes.subarray(0, length),
      ends,
      lineCounts,
      start,
      end,
    };
  }

  #piece(bytes: Buffer, first: boolean, last: boolean): OversizePiece {
    const start = this.#at;
    const end = { offset: start.offset + bytes.length, line: start.line + (last ? 1 : 0) };
    this.#at = end;
    this.#state = last ? 'records' : 'oversize';
    return { kind: 'oversize', open: this.#open, bytes, first, last, start, end };
  }
}

function tooLong({ offset, line }: Position, limit: number): CliError {
  return new CliError(
    'CLI_INPUT',
    `a value that begins on line ${formatCount(line + 1)} (byte ${formatCount(offset)}) is longer than ${formatBytes(limit)}`,
    { hint: 'Longer ones are taken with --max-line.' },
  );
}

/** The beginning of an input. */
export const NO_POSITION: Position = { offset: 0, line: 0 };

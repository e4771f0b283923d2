import { decodeRun, RUN_STRIDE, type Run, type ScanLayout } from '@shale/codec';
import type { ChunkResult } from '@shale/rocksdb';

/** What one chunk read did. */
export interface ReadChunk {
  /** Where the entries are in the buffer; for `EntryChunk`. */
  readonly layout: ScanLayout;
  /** The sequence to go on from, null when the range is done. */
  readonly next: bigint | null;
  /** Above 0: the buffer cannot even hold the first entry, nothing was read; go on from `next` with one this large. */
  readonly neededBytes: number;
}

/** Where in its buffer a scan left what it found. */
export function layoutOf(result: ChunkResult): ScanLayout {
  const { entries, runs, dataLength, endsAt, runsAt } = result;
  return { entries, runs, dataLength, endsAt, runsAt };
}

/** One run of a chunk. */
export function runAt(buffer: ArrayBuffer, layout: Pick<ScanLayout, 'runsAt'>, index: number): Run {
  return decodeRun(new Uint8Array(buffer, layout.runsAt + index * RUN_STRIDE, RUN_STRIDE), 0);
}

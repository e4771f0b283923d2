import type { Block, OversizePiece } from './blocks.js';
import type { Fingerprint } from './fingerprint.js';
import type { Format } from './format.js';
import type { Progress } from './journal-records.js';
import type { Reject } from './record.js';
import type { IngestTable, TableSet } from './table-set.js';

/** A place in the input as a checkpoint describes it. */
export interface Mark {
  readonly progress: Progress;
  readonly fingerprint: () => Fingerprint;
  readonly columns: readonly string[] | undefined;
  /** The last record before it was ended by the end of the input alone. */
  readonly open: boolean;
}

/** What a run of records came to. The payloads wait in each table's `batch`. */
export interface Collected {
  readonly tables: readonly IngestTable[];
  readonly rejects: readonly Reject[];
  readonly entries: number;
  readonly entryBytes: number;
  readonly empty: number;
  /** Bytes of the block, which stay in memory until its entries are acknowledged. */
  readonly heldBytes: number;
}

/** Sorts the records of a block into their tables. */
export function collect(block: Block, format: Format, tables: TableSet): Collected {
  const touched: IngestTable[] = [];
  const rejects: Reject[] = [];
  let entries = 0;
  let entryBytes = 0;
  let empty = 0;
  let line = block.start.line;
  format.parse(block, (outcome, index, start, end) => {
    if (outcome.kind === 'entry') {
      const table = tables.get(outcome.table);
      if (table.batch.length === 0) touched.push(table);
      table.batch.push(outcome.payload);
      entries += 1;
      entryBytes += outcome.payload.length;
    } else if (outcome.kind === 'empty') {
      empty += 1;
    } else if (outcome.kind === 'reject') {
      const { reason, message } = outcome;
      rejects.push({
        line: line + 1,
        offset: block.start.offset + start,
        reason,
        message,
        bytes: block.bytes.subarray(start, end),
      });
    }
    line += block.lineCounts?.[index] ?? 1;
  });
  return { tables: touched, rejects, entries, entryBytes, empty, heldBytes: block.bytes.length };
}

/** The progress after a block. */
export function after(progress: Progress, block: Block, collected: Collected, rejectBytes: number): Progress {
  return {
    line: block.end.line,
    offset: block.end.offset,
    entries: progress.entries + collected.entries,
    entryBytes: progress.entryBytes + collected.entryBytes,
    empty: progress.empty + collected.empty,
    rejected: progress.rejected + collected.rejects.length,
    rejectBytes,
  };
}

/** The progress after a line that was too long. */
export function afterLongLine(progress: Progress, piece: OversizePiece, rejectBytes: number): Progress {
  return {
    ...progress,
    line: piece.end.line,
    offset: piece.end.offset,
    rejected: progress.rejected + 1,
    rejectBytes,
  };
}

import { WalError } from '@shale/codec';
import type { Fingerprint, Head } from './fingerprint.js';
import type { FormatOptions } from './format.js';

/** The options that a resumed ingest must share with its beginning. */
export interface JournaledOptions extends FormatOptions {
  readonly maxLineBytes: number;
}

/** The first record of an ingest; everything before it in the journal no longer counts. */
export interface StartRecord {
  readonly kind: 'start';
  /** 2: the options say what versions of Shale that write 1 do not know. */
  readonly version: 1 | 2;
  readonly name: string;
  readonly source: 'file' | 'stream';
  /** The file's size, modification time and inode when the ingest began; for people, not for decisions. */
  readonly size?: number;
  readonly modifiedMs?: number;
  readonly inode?: number;
  /** Of a file that is followed: where it was last, and what tells it from another one that has its inode later. */
  readonly path?: string;
  readonly bornMs?: number;
  readonly head?: Head;
  readonly startedAt: number;
  readonly options: JournaledOptions;
  /** Where the rejects go, before a number is put into the name because there is something already. */
  readonly rejectFile: string;
  /** What the reject file begins with if it is this ingest's (`RejectFile`). Absent in journals of older versions. */
  readonly rejectId?: string;
}

/** Tables that are about to get their first entry. Durable before that entry is written. */
export interface TablesRecord {
  readonly kind: 'tables';
  /** Index of the first of them; tables are numbered from 0 in the order of these records. */
  readonly from: number;
  readonly names: readonly string[];
  /** Each table's last sequence before this ingest. */
  readonly bases: readonly bigint[];
}

/** How far an ingest has come, in lines and bytes of the input and in what it made of them. */
export interface Progress {
  /** Physical lines, bytes. */
  readonly line: number;
  readonly offset: number;
  readonly entries: number;
  readonly entryBytes: number;
  readonly empty: number;
  readonly rejected: number;
  readonly rejectBytes: number;
}

/** Everything up to `progress` is durable. */
export interface CheckpointRecord {
  readonly kind: 'checkpoint';
  readonly progress: Progress;
  readonly fingerprint: Fingerprint;
  readonly columns?: readonly string[];
  /** Pairs of a table's index and its entries so far, for the tables that moved since the last checkpoint. */
  readonly moved: readonly number[];
  /** The last record before this position was ended by the end of the input alone. */
  readonly open?: true;
  /**
   * - `running`: the tables that the journal lists are in doubt: entries beyond this position may be in them. Their
   *   bases stay until a run has seen the lines of all those entries.
   * - `stopped`: nothing is in doubt, no table is listed; the tables may be written by others before the ingest goes
   *   on.
   * - `complete`: the same, and the input had ended.
   */
  readonly state: 'running' | 'stopped' | 'complete';
}

export type JournalRecord = StartRecord | TablesRecord | CheckpointRecord;

/** A table as a journal knows it. */
export interface JournaledTable {
  readonly name: string;
  readonly base: bigint;
  /** Entries of this ingest up to the checkpoint: the table stood at `base + count` there. */
  readonly count: number;
}

/** What a journal's records add up to. */
export interface JournalState {
  readonly start: StartRecord;
  readonly tables: readonly JournaledTable[];
  /** Absent when the ingest was killed before its first checkpoint. */
  readonly checkpoint: CheckpointRecord | undefined;
}

/** Adds up a journal, oldest record first. `undefined` when it holds no start. */
export function foldJournal(records: Iterable<JournalRecord>): JournalState | undefined {
  let start: StartRecord | undefined;
  let tables: { name: string; base: bigint; count: number }[] = [];
  let checkpoint: CheckpointRecord | undefined;
  for (const record of records) {
    switch (record.kind) {
      case 'start':
        start = record;
        tables = [];
        checkpoint = undefined;
        break;
      case 'tables':
        if (record.from !== tables.length)
          throw corrupt(`the journal skips from table ${tables.length} to ${record.from}`);
        for (const [i, name] of record.names.entries()) {
          tables.push({ name, base: BigInt(record.bases[i] ?? 0n), count: 0 });
        }
        break;
      case 'checkpoint':
        checkpoint = record;
        for (let i = 0; i + 1 < record.moved.length; i += 2) {
          const table = tables[record.moved[i] ?? -1];
          if (!table)
            throw corrupt(`the journal names a table ${record.moved[i]} that it has not introduced`);
          table.count = record.moved[i + 1] ?? 0;
        }
        break;
    }
  }
  return start && { start, tables, checkpoint };
}

export const NO_PROGRESS: Progress = {
  line: 0,
  offset: 0,
  entries: 0,
  entryBytes: 0,
  empty: 0,
  rejected: 0,
  rejectBytes: 0,
};

function corrupt(message: string): WalError {
  return new WalError('SHALE_CORRUPT', message);
}

import type { PartRecord, TableRecord } from '../journal/records.js';

/*
 * What the oracle holds of the journals: for each table the parts submitted to it, in order, and the trims.
 */

/** One process that worked on the directory: one `open` and what followed, or one journal. */
export interface Run {
  /** From 1, in the order in which the journals were absorbed. */
  readonly number: number;
  /** Whether something was broken inside the process, so that appends may be missing from the middle. */
  broken: boolean;
}

/**
 * What became of a submit: `pending` when the process died first, `unknown` when it was rejected with an error that
 * leaves it open, `refused` when the error says that nothing was written.
 */
export type Outcome = 'pending' | 'acked' | 'unknown' | 'refused';

/** One submitted append, batch or atomic write. */
export interface AppendSubmit {
  readonly run: Run;
  readonly id: number;
  /** Its place among all submits. */
  readonly at: number;
  readonly sync: boolean;
  readonly parts: Part[];
  outcome: Outcome;
  code: string;
  /** Whether it must survive a power loss. */
  durable: boolean;
}

/** Entries of one submit that go to one table. */
export interface Part {
  readonly submit: AppendSubmit;
  readonly table: TableState;
  readonly record: PartRecord;
  /** The first sequence, once it is known: acknowledged, or found in an earlier check. */
  first: bigint | null;
  /** Whether an earlier check found it. */
  found: boolean;
}

/** One submitted trim. */
export interface Trim {
  readonly run: Run;
  readonly id: number;
  readonly at: number;
  readonly table: TableState;
  readonly upTo: bigint;
  readonly sync: boolean;
  outcome: Outcome;
  durable: boolean;
  /** What it removed for sure, once acknowledged: everything up to here. */
  removed: bigint;
}

/** One submitted drop. */
export interface Drop {
  readonly run: Run;
  readonly id: number;
  readonly at: number;
  readonly table: TableState;
  outcome: Outcome;
}

/** What is known of one table. */
export interface TableState {
  readonly key: string;
  readonly record: TableRecord;
  /** In the order of their submits. Those that an earlier check found to be gone for good are left out. */
  parts: Part[];
  trims: Trim[];
  /** Drops that were not acknowledged: they may have been done. */
  drops: Drop[];
  /** The largest sequence that an earlier check found given out. */
  settledLast: bigint;
  /** The largest sequence that an earlier check found trimmed. */
  settledTrim: bigint;
  /** The largest sequence that a follower was given as being on stable storage. */
  seen: bigint;
}

/** The last sequence of a part whose first is known. */
export function lastOf(part: Part, first: bigint): bigint {
  return first + BigInt(part.record.count) - 1n;
}

/** Names a submit for people. */
export function nameOf({ run, id }: { readonly run: Run; readonly id: number }): string {
  return `submit ${id} of run ${run.number}`;
}

/**
 * Whether a part is in the table. `unknown`: it was never acknowledged, and lies where entries have been trimmed.
 */
export type Fate = 'in' | 'out' | 'unknown';

/** What a table is compared with. */
export type TableView = Pick<TableState, 'parts' | 'trims' | 'settledLast' | 'settledTrim' | 'seen'>;

/** The table as it is when a drop has been done: as never written. */
export function afterDrop(table: TableState, drop: Drop): TableView {
  return {
    parts: table.parts.filter(({ submit }) => submit.at > drop.at),
    trims: table.trims.filter(({ at }) => at > drop.at),
    settledLast: 0n,
    settledTrim: 0n,
    seen: 0n,
  };
}

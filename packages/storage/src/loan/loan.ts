import type { AppendFrame, TableId, WalError } from '@shale/codec';
import type { Committer } from '../commit/commit.js';
import type { CommitResult } from '../commit/commit-result.js';
import { native } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import { LentTables } from './lent-tables.js';
import { packStates, unpackStates } from './state-list.js';

/** What became of a frame that was written with a loan. */
export interface LoanResult extends CommitResult {
  /** What is known now of the tables that others have lent, in the order they were given in. */
  readonly states: BigUint64Array;
}

/**
 * Leaves tables to a loan, and says what is known of them; null when the loan is gone, and then they are not lent. The
 * log must not change them until it has taken them back or has ended the loan.
 */
export function lend(context: LogContext, loan: bigint, ids: readonly TableId[]): BigUint64Array | null {
  if (!native({ path: context.path }, () => context.db.lend(loan))) return null;
  context.tables.rest();
  return packStates(ids.map((id) => ({ id, state: context.tables.peek(id.region, id.table) })));
}

/** Writes a frame over the log's own tables and those that others have lent; null when the loan is gone. */
export function commitWithLoan(
  context: LogContext,
  committer: Committer,
  loan: bigint,
  states: BigUint64Array,
  frame: AppendFrame,
  barred?: ReadonlyMap<number, WalError>,
): LoanResult | null {
  const { db, path } = context;
  if (!native({ path }, () => db.useLoan(loan))) return null;
  try {
    const lent = new LentTables(context, context.tables, states);
    const lentIds = context.watch.tick() === 0 ? [] : [...unpackStates(states)].map(({ id }) => id);
    // What is known of their marks is of before.
    for (const id of lentIds) context.watch.forget(id);
    const result = committer.commit(frame, lent, barred);
    for (const id of lentIds) context.watch.disown(id);
    return { ...result, states: lent.states() };
  } finally {
    native({ path }, () => db.returnLoan(loan));
  }
}

/** Takes tables back that were lent, with what is known of them now. */
export function takeBack(context: LogContext, states: BigUint64Array): void {
  for (const { id, state } of unpackStates(states)) {
    context.ids.note(id);
    if (state === null) context.tables.forget(id);
    else context.tables.replace(state);
    // Whoever has written may have given it marks, or dropped it with those it had.
    context.watch.forget(id);
    context.watch.touch(id);
  }
}

/**
 * Takes tables back of which it is not known what has become of the write. When it returns, the write is through or
 * never comes, and the tables are recovered when they are next touched.
 */
export function endLoan(context: LogContext, loan: bigint, ids: readonly TableId[]): void {
  native({ path: context.path }, () => context.db.endLoan(loan));
  for (const id of ids) {
    context.ids.note(id);
    context.tables.forget(id);
    context.watch.forget(id);
    context.watch.touch(id);
  }
}

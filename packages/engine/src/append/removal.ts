import { type KeyRange, tableRangeUpTo } from '@shale/codec';
import { type Address, TableRef } from '../table-ref.js';
import type { PendingRemoval } from './pending-append.js';

/** What the flow control books for each trim and drop: bookkeeping on this thread, and a place in a frame. */
export const COST_PER_REMOVAL = 512;

/** What a trim came to. */
export interface TrimOutcome {
  readonly first: bigint;
  readonly last: bigint;
  /** The keys that hold nothing any more; null when there was nothing to trim. */
  readonly range: KeyRange | null;
}

/** A trim or drop of a table, before it has an answer. */
interface Removal {
  readonly address: Address;
  readonly sync: boolean;
  /** Bytes booked in the flow control. */
  readonly cost: number;
}

/** Makes a trim or drop for a frame, which settles by these calls. */
export type MakeRemoval<R> = (
  resolve: (outcome: R) => void,
  reject: (error: unknown) => void,
) => PendingRemoval;

export function trimOf(instance: number, removal: Removal, upTo: bigint): MakeRemoval<TrimOutcome> {
  const { address, sync, cost } = removal;
  const ref = new TableRef(address, null);
  return (resolve, reject) => {
    const done = (first: bigint, last: bigint, removed: bigint): void => {
      const range = removed === 0n ? null : tableRangeUpTo(instance, address.id, removed);
      resolve({ first, last, range });
    };
    return { kind: 'trim', ref, upTo, sync, cost, entries: 0, bytes: 0, resolve: done, reject };
  };
}

export function dropOf({ address, sync, cost }: Removal): MakeRemoval<void> {
  const ref = new TableRef(address, null);
  return (resolve, reject) => ({ kind: 'drop', ref, sync, cost, entries: 0, bytes: 0, resolve, reject });
}

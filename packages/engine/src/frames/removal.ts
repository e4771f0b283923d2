import { type Address, TableRef } from '../table-ref.js';
import type { PendingRemoval } from './pending-append.js';

/** A drop of a table, before it has an answer. */
interface Removal {
  readonly address: Address;
  /** The table's name, if it has one. */
  readonly name: string | null;
  readonly sync: boolean;
  /** Bytes booked in the flow control. */
  readonly cost: number;
}

/** Makes a drop for a frame, which settles by these calls. */
export type MakeRemoval<R> = (
  resolve: (outcome: R) => void,
  reject: (error: unknown) => void,
) => PendingRemoval;

export function dropOf({ address, name, sync, cost }: Removal): MakeRemoval<void> {
  const ref = new TableRef(address, name);
  return (resolve, reject) => ({ kind: 'drop', ref, sync, cost, entries: 0, bytes: 0, resolve, reject });
}

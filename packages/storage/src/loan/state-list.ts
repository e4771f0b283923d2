import type { TableId } from '@shale/codec';
import { TableState } from '../tables/table-state.js';

/*
 * What is known of tables, as it travels between threads: seven u64 per table.
 *
 * region, table, the largest sequence ever given out, the smallest with an entry, the largest that has or had one,
 * where the sequences without holes begin, flags
 *
 * Sequences are the ones given out and not the next ones, which need not fit.
 */

/** Numbers per table in a list of states. */
export const TABLE_STATE_STRIDE = 7;

/** Nothing is known of the table: it is recovered when it is next touched. */
const UNKNOWN = 1n;
/** The table has no entry: the smallest sequence is the next one, whatever the list says. */
const EMPTY = 2n;
/** The last trim is on the disk. */
const TRIM_IS_DURABLE = 4n;
/** Whatever was given out so far may have holes: those without begin at the next sequence. */
const HOLES = 8n;

/** The states of tables, in order; of those that have no state nothing is known. */
export function packStates(
  tables: readonly { readonly id: TableId; readonly state: TableState | undefined }[],
): BigUint64Array {
  const states = new BigUint64Array(tables.length * TABLE_STATE_STRIDE);
  tables.forEach(({ id, state }, index) => {
    const at = index * TABLE_STATE_STRIDE;
    states[at] = id.region;
    states[at + 1] = id.table;
    if (state === undefined) {
      states[at + 6] = UNKNOWN;
      return;
    }
    const { next, first, last, tail, dense, trimIsDurable } = state;
    states[at + 2] = last;
    states[at + 3] = first === next ? 0n : first;
    states[at + 4] = tail;
    states[at + 5] = dense === next ? 0n : dense;
    states[at + 6] =
      (first === next ? EMPTY : 0n) | (dense === next ? HOLES : 0n) | (trimIsDurable ? TRIM_IS_DURABLE : 0n);
  });
  return states;
}

/** The tables of a list of states, each with a state of its own; null where nothing is known. */
export function* unpackStates(states: BigUint64Array): Generator<{ id: TableId; state: TableState | null }> {
  for (let at = 0; at + TABLE_STATE_STRIDE <= states.length; at += TABLE_STATE_STRIDE) {
    const id = { region: states[at] ?? 0n, table: states[at + 1] ?? 0n };
    const flags = states[at + 6] ?? 0n;
    if ((flags & UNKNOWN) !== 0n) {
      yield { id, state: null };
      continue;
    }
    const first = (flags & EMPTY) !== 0n ? null : (states[at + 3] ?? 0n);
    const state = new TableState(id, first, states[at + 4] ?? 0n, states[at + 2] ?? 0n);
    if ((flags & HOLES) === 0n) state.dense = states[at + 5] ?? 0n;
    state.trimIsDurable = (flags & TRIM_IS_DURABLE) !== 0n;
    yield { id, state };
  }
}

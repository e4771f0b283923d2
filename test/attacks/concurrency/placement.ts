import type { AppendOp, Op } from './history.js';

/** An append whose entries are known to be in, and where. */
export interface Placed {
  readonly op: AppendOp;
  readonly first: bigint;
  readonly last: bigint;
}

/** What is known of one table's entries. */
export interface Placement {
  /** By sequence. */
  readonly owners: ReadonlyMap<bigint, Placed>;
  /** Non-empty ones, by sequence. */
  readonly placed: readonly Placed[];
  /** Appends of unknown outcome that nobody has seen an entry of. */
  readonly unseen: readonly AppendOp[];
  readonly violations: readonly string[];
}

/**
 * Finds out which append each sequence of a table belongs to: by what was acknowledged, and for appends of unknown
 * outcome by what was read. Finds two appends on one sequence, wrong bytes, entries that nobody submitted, batches that
 * are in by halves, and holes.
 */
export function place(table: string, ops: readonly Op[]): Placement {
  const violations: string[] = [];
  const owners = new Map<bigint, Placed>();
  const bySerial = new Map<number, { op: AppendOp; index: number }>();
  const placed = new Map<AppendOp, Placed>();
  const put = (op: AppendOp, first: bigint): void => {
    const entry = { op, first, last: first + BigInt(op.serials.length) - 1n };
    placed.set(op, entry);
    for (let s = first; s <= entry.last; s++) {
      if (owners.has(s)) violations.push(`${table}: two appends have sequence ${s}`);
      owners.set(s, entry);
    }
  };
  const appends = ops.filter((op) => op.kind === 'append' && op.table === table && op.serials.length > 0);
  for (const op of appends as AppendOp[]) {
    op.serials.forEach((serial, index) => void bySerial.set(serial, { op, index }));
    if (op.outcome === 'ok' && op.first !== null) put(op, op.first);
  }
  for (const op of ops) {
    if (op.kind !== 'read' || op.table !== table) continue;
    for (const { sequence, serial } of op.entries) {
      const source = bySerial.get(serial);
      if (source === undefined) {
        violations.push(`${table}: entry ${sequence} holds what nobody appended there`);
        continue;
      }
      const first = sequence - BigInt(source.index);
      const known = placed.get(source.op);
      if (known === undefined) put(source.op, first);
      else if (known.first !== first) {
        violations.push(
          `${table}: entry ${sequence} is read with what belongs at ${known.first} + ${source.index}`,
        );
      }
    }
  }
  const sorted = [...placed.values()].sort((a, b) => (a.first < b.first ? -1 : 1));
  const unseen = (appends as AppendOp[]).filter((op) => op.outcome === 'unknown' && !placed.has(op));
  let missing = 0n;
  let next = 1n;
  for (const { first, last } of sorted) {
    if (first > next) missing += first - next;
    if (last >= next) next = last + 1n;
  }
  const hidden = unseen.reduce((sum, op) => sum + BigInt(op.serials.length), 0n);
  if (missing > hidden) violations.push(`${table}: ${missing} sequences were never given to any append`);
  return { owners, placed: sorted, unseen, violations };
}

import { Bounds } from './bounds.js';
import type { Op, ReadOp } from './history.js';
import type { Placement } from './placement.js';

/**
 * A read must give entries without a hole, begin where the table began, give all that was acknowledged before it, and
 * nothing that was appended after it had begun; it may only break off when what it had yet to read was trimmed
 * meanwhile.
 */
export function checkReads(table: string, ops: readonly Op[], placement: Placement): string[] {
  const bounds = new Bounds(ops, placement);
  return ops.flatMap((op) =>
    op.kind === 'read' ? problemsOf(op, bounds).map((problem) => `${table}: a read ${problem}`) : [],
  );
}

function problemsOf(read: ReadOp, bounds: Bounds): string[] {
  const { entries, invoked, begun, returned, lte, limit, end } = read;
  const problems: string[] = [];
  entries.forEach(({ sequence }, i) => {
    const before = entries[i - 1];
    if (before !== undefined && sequence !== before.sequence + 1n) {
      problems.push(`goes from ${before.sequence} to ${sequence}`);
    }
  });
  const from = read.gte > 1n ? read.gte : 1n;
  const first = entries[0]?.sequence;
  const last = entries.at(-1)?.sequence;
  if (entries.length > limit) problems.push(`gives ${entries.length} entries instead of ${limit}`);
  if (first !== undefined && last !== undefined) {
    if (first < from || last > lte) problems.push(`of ${from} to ${lte} gives ${first} to ${last}`);
    if (first <= bounds.trimmed(invoked)) problems.push(`gives ${first}, which had been trimmed`);
    if (first > from && first - 1n > bounds.maybeTrimmed(begun)) {
      problems.push(`begins at ${first}, and nobody has trimmed what is before`);
    }
    if (!bounds.couldBeIn(last, begun)) problems.push(`gives ${last}, which was appended later`);
  }
  const acknowledged = bounds.acknowledged(invoked);
  const due = smaller(acknowledged, lte);
  if (end === 'complete' && entries.length < limit && limit > 0) {
    const reached = last ?? larger(bounds.maybeTrimmed(begun), from - 1n);
    if (reached < due) problems.push(`ends after ${reached}, and ${due} had been acknowledged`);
  }
  if (end === 'trimmed' && !bounds.trimBetween(last === undefined ? from : last + 1n, invoked, returned)) {
    problems.push('fails with SHALE_TRIMMED, and nobody has trimmed what it had to read');
  }
  return problems;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

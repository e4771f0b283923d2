import { Bounds } from './bounds.js';
import type { Op } from './history.js';
import type { Placement } from './placement.js';

/** The table's first or last sequence, as somebody was told it between two moments. */
interface Observation {
  readonly invoked: number;
  readonly returned: number;
  readonly value: bigint;
  /** Whether it is told exactly, or only that it was at least this. */
  readonly exact: boolean;
}

/**
 * The first and the last sequence must each be what they were at one moment between question and answer, and only grow.
 */
export function checkEnds(table: string, ops: readonly Op[], placement: Placement): string[] {
  const bounds = new Bounds(ops, placement);
  const violations: string[] = [];
  const lasts = ops.flatMap(lastOf);
  for (const { invoked, returned, value, exact } of lasts) {
    const least = bounds.acknowledged(invoked);
    if (exact && value < least)
      violations.push(`${table}: last is ${value}, and ${least} had been acknowledged`);
    if (value > 0n && !bounds.couldBeIn(value, returned)) {
      violations.push(`${table}: last is ${value}, which had not been appended yet`);
    }
  }
  const firsts = ops.flatMap(firstOf);
  for (const { invoked, returned, value } of firsts) {
    if (value === 0n) {
      if (bounds.acknowledged(invoked) > 0n) violations.push(`${table}: first is 0, and there are entries`);
      continue;
    }
    const trimmed = bounds.trimmed(invoked);
    if (value <= trimmed) violations.push(`${table}: first is ${value}, and ${trimmed} had been trimmed`);
    if (value > 1n && value - 1n > bounds.maybeTrimmed(returned)) {
      violations.push(`${table}: first is ${value}, and nobody has trimmed so far`);
    }
  }
  for (const op of ops) {
    if (op.kind !== 'trim' || op.result === 'unknown') continue;
    const due = bounds.acknowledged(op.invoked);
    if (due > 0n && op.result.first <= op.upTo && op.result.first <= due)
      violations.push(`${table}: a trim to ${op.upTo} of ${due} at least leaves ${op.result.first}`);
  }
  return [...violations, ...checkGrows(table, 'last', lasts), ...checkGrows(table, 'first', firsts)];
}

/** What is told later, after the answer before, is never less. */
function checkGrows(table: string, what: string, observations: readonly Observation[]): string[] {
  const byReturn = [...observations].sort((a, b) => a.returned - b.returned);
  const byInvoke = observations.filter(({ exact }) => exact).sort((a, b) => a.invoked - b.invoked);
  const violations: string[] = [];
  let known = 0n;
  let at = 0;
  for (const { invoked, value } of byInvoke) {
    for (let told = byReturn[at]; told !== undefined && told.returned < invoked; told = byReturn[++at]) {
      if (told.value > known) known = told.value;
    }
    if (value < known) violations.push(`${table}: ${what} is ${value} after it was ${known}`);
  }
  return violations;
}

function lastOf(op: Op): Observation[] {
  const { invoked, returned } = op;
  if (op.kind === 'last') return [{ invoked, returned, value: op.value, exact: true }];
  if (op.kind === 'trim' && op.result !== 'unknown') {
    return [{ invoked, returned, value: op.result.last, exact: true }];
  }
  if (op.kind === 'append' && op.outcome === 'ok' && op.serials.length === 0 && op.first !== null) {
    return [{ invoked, returned, value: op.first - 1n, exact: true }];
  }
  const seen = op.kind === 'read' ? op.entries.at(-1) : undefined;
  return seen === undefined ? [] : [{ invoked, returned, value: seen.sequence, exact: false }];
}

function firstOf(op: Op): Observation[] {
  const { invoked, returned } = op;
  if (op.kind === 'first') return [{ invoked, returned, value: op.value, exact: true }];
  if (op.kind === 'trim' && op.result !== 'unknown') {
    return [{ invoked, returned, value: op.result.first, exact: true }];
  }
  return [];
}

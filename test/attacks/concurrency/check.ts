import { checkEnds } from './check-ends.js';
import { checkOrder } from './check-order.js';
import { checkReads } from './check-reads.js';
import { checkScans } from './check-scans.js';
import type { Op } from './history.js';
import { type Placement, place } from './placement.js';

/** Everything in a history that no log could have done, in words; empty for one that is as it should be. */
export function violationsOf(history: readonly Op[]): string[] {
  const tables = [...new Set(history.map((op) => op.table))];
  const placements = new Map<string, Placement>();
  const violations: string[] = [];
  for (const table of tables) {
    const ops = history.filter((op) => op.table === table);
    const placement = place(table, ops);
    placements.set(table, placement);
    violations.push(
      ...placement.violations,
      ...checkOrder(table, placement),
      ...checkReads(table, ops, placement),
      ...checkEnds(table, ops, placement),
    );
  }
  violations.push(...checkScans(history, placements));
  return violations;
}

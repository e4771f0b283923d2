import type { Op, ReadOp } from './history.js';
import type { Placed, Placement } from './placement.js';

/** What one write put into several tables is in all of a snapshot's tables or in none. */
export function checkScans(history: readonly Op[], placements: ReadonlyMap<string, Placement>): string[] {
  const scans = new Map<number, ReadOp[]>();
  for (const op of history) {
    if (op.kind !== 'read' || op.scan === null) continue;
    scans.set(op.scan, [...(scans.get(op.scan) ?? []), op]);
  }
  const units = new Map<number, Placed[]>();
  for (const { placed } of placements.values()) {
    for (const one of placed) units.set(one.op.unit, [...(units.get(one.op.unit) ?? []), one]);
  }
  const shared = [...units.values()].filter((parts) => parts.length > 1);
  return [...scans.values()].flatMap((reads) => {
    const ends = new Map(reads.map(({ table, entries }) => [table, entries.at(-1)?.sequence]));
    return shared.flatMap((parts) => {
      // Of a table that shows nothing it cannot be told how far it went.
      const shown = parts.flatMap(({ op, last }) => {
        const end = ends.get(op.table);
        return end === undefined ? [] : [end >= last];
      });
      return new Set(shown).size > 1 ? [`a scan shows a half of write ${parts[0]?.op.unit}`] : [];
    });
  });
}

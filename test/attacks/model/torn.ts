import { isSame, requireSame } from './compare.js';
import type { TableKey } from './tables.js';
import type { ModelEntry, ModelPart, WalModel } from './wal-model.js';

/** An append that was under way when the process ended. */
export interface Unit {
  /** What it would have written; nothing for one that was refused. */
  readonly parts: readonly ModelPart[];
  /** Where it would have written each part. */
  readonly spans: readonly { readonly first: bigint }[];
  /** It had been acknowledged. */
  readonly mustBeIn: boolean;
}

/**
 * Throws unless what a crash has left is possible: of each table everything from before, then a prefix of what was
 * appended, in order; every append all in or not at all, over all its tables; and everything acknowledged.
 */
export function requirePossible(
  before: WalModel,
  units: readonly Unit[],
  found: ReadonlyMap<TableKey, readonly ModelEntry[]>,
): void {
  const isIn = units.map(({ mustBeIn }) => (mustBeIn ? true : undefined) as boolean | undefined);
  for (const [table, entries] of found) {
    const kept = before.peek(table);
    requireSame(`${table} before the crash`, entries.slice(0, kept.length), kept);
    let at = kept.length;
    units.forEach((unit, index) => {
      const expected = entriesFor(unit, table);
      if (expected.length === 0) return;
      const actual = entries.slice(at, at + expected.length);
      const here = expected.length === actual.length && expected.every((e, i) => same(e, actual[i]));
      if (isIn[index] !== undefined && isIn[index] !== here) {
        throw new Error(`${table}: append ${index} is ${here ? '' : 'not '}in, against what was known of it`);
      }
      isIn[index] = here;
      if (here) at += expected.length;
      else if (actual.length > 0) {
        throw new Error(`${table}: append ${index} is not in as a whole, and something follows it`);
      }
    });
    if (at !== entries.length) throw new Error(`${table}: has ${entries.length - at} entries too many`);
  }
}

function same(expected: ModelEntry, actual: ModelEntry | undefined): boolean {
  return actual !== undefined && isSame(expected, actual);
}

/** What the unit would have added to a table: it may have several parts of the same one. */
function entriesFor({ parts, spans }: Unit, table: TableKey): ModelEntry[] {
  return parts.flatMap((part, index) =>
    part.table === table
      ? part.payloads.map((payload, i) => ({ sequence: (spans[index]?.first ?? 0n) + BigInt(i), payload }))
      : [],
  );
}

import { decodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH } from '@shale/codec';
import { native } from './errors.js';
import { type TableHome, TableUnit } from './table-unit.js';

/** Numbers per table in what `Database.tableEnds` tells: flags, first, last, floor. */
const STRIDE = 4;
const HAS_ENTRIES = 2n;
/** It is known what entries there are, and what the floor is. */
const IS_KNOWN = 1n | 4n;

/**
 * Recovers tables of a frame together, which costs little for each when their ids lie near to each other; null for a table
 * that has to be recovered by itself, because something of it cannot be read or is not of this format.
 *
 * @param tables the prefixes of the frame's tables, back to back
 * @param indexes which of them
 */
export function recoverTables(
  home: TableHome,
  tables: Uint8Array,
  indexes: readonly number[],
): (TableUnit | null)[] {
  const ends = findTableEnds(home, tables, indexes);
  return indexes.map((index, i) => unitOf(tables, index, ends, i));
}

/** What there is of tables of a frame, for {@link isUnwritten} and {@link unitOf}. Arguments as of {@link recoverTables}. */
export function findTableEnds(
  home: TableHome,
  tables: Uint8Array,
  indexes: readonly number[],
): BigUint64Array {
  const prefixes = new Uint8Array(indexes.length * LOG_KEY_PREFIX_LENGTH);
  for (const [i, index] of indexes.entries())
    prefixes.set(prefixOf(tables, index), i * LOG_KEY_PREFIX_LENGTH);
  const ends = new BigUint64Array(indexes.length * STRIDE);
  native({ path: home.path }, () => home.db.tableEnds(prefixes, ends.buffer));
  return ends;
}

/** Whether the n-th of the tables was never written, as far as can be seen. */
export function isUnwritten(ends: BigUint64Array, n: number): boolean {
  return ends[n * STRIDE] === IS_KNOWN && ends[n * STRIDE + 3] === 0n;
}

/** The n-th of the tables; null when it has to be recovered by itself. */
export function unitOf(tables: Uint8Array, index: number, ends: BigUint64Array, n: number): TableUnit | null {
  const at = n * STRIDE;
  const flags = ends[at] ?? 0n;
  if ((flags & IS_KNOWN) !== IS_KNOWN) return null;
  const { region, table } = decodeLogKeyPrefix(prefixOf(tables, index));
  const first = (flags & HAS_ENTRIES) === 0n ? null : (ends[at + 1] ?? 0n);
  // Of a table without entries it is 0.
  return new TableUnit({ region, table }, first, ends[at + 2] ?? 0n, ends[at + 3] ?? 0n);
}

function prefixOf(tables: Uint8Array, index: number): Uint8Array {
  return tables.subarray(index * LOG_KEY_PREFIX_LENGTH, (index + 1) * LOG_KEY_PREFIX_LENGTH);
}

import { decodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH } from '@shale/codec';
import { native } from '../errors.js';
import { type TableHome, TableState } from './table-state.js';

/** Numbers per table in what `Database.tableEnds` tells: flags, first, last, floor. */
const STRIDE = 4;
const HAS_ENTRIES = 2n;
/** It is known what entries there are, and what the floor is. */
const IS_KNOWN = 1n | 4n;
const IS_UNWRITTEN = Number(IS_KNOWN);
const FLOOR_AT = 3;

/**
 * Recovers tables of a frame together, which costs little for each when their ids lie near to each other; null for a
 * table that has to be recovered by itself, because something of it cannot be read or is not of this format.
 *
 * @param tables the prefixes of the frame's tables, back to back
 * @param indexes which of them, ascending
 */
export function recoverTables(
  home: TableHome,
  tables: Uint8Array,
  indexes: readonly number[],
): (TableState | null)[] {
  const ends = findTableEnds(home, tables, indexes);
  return indexes.map((index, i) => stateOf(tables, index, ends, i));
}

/**
 * What there is of tables of a frame, for {@link isUnwritten} and {@link stateOf}. Arguments as of {@link
 * recoverTables}.
 */
export function findTableEnds(
  home: TableHome,
  tables: Uint8Array,
  indexes: readonly number[],
): BigUint64Array {
  const prefixes = prefixesOf(tables, indexes);
  const ends = new BigUint64Array(indexes.length * STRIDE);
  native({ path: home.path }, () => home.db.tableEnds(prefixes, ends.buffer));
  return ends;
}

/**
 * Whether the n-th of the tables was never written, as far as can be seen.
 *
 * @param words what {@link findTableEnds} returned, by words of 32 bits: asked for each table, it must make no bigint
 */
export function isUnwritten(words: Uint32Array, n: number): boolean {
  const at = n * STRIDE * 2;
  return words[at] === IS_UNWRITTEN && words[at + FLOOR_AT * 2] === 0 && words[at + FLOOR_AT * 2 + 1] === 0;
}

/** The n-th of the tables; null when it has to be recovered by itself. */
export function stateOf(
  tables: Uint8Array,
  index: number,
  ends: BigUint64Array,
  n: number,
): TableState | null {
  const at = n * STRIDE;
  const flags = ends[at] ?? 0n;
  if ((flags & IS_KNOWN) !== IS_KNOWN) return null;
  const { region, table } = decodeLogKeyPrefix(prefixOf(tables, index));
  const first = (flags & HAS_ENTRIES) === 0n ? null : (ends[at + 1] ?? 0n);
  // Of a table without entries it is 0.
  return new TableState({ region, table }, first, ends[at + 2] ?? 0n, ends[at + FLOOR_AT] ?? 0n);
}

/** The prefixes of some of the tables, back to back. */
function prefixesOf(tables: Uint8Array, indexes: readonly number[]): Uint8Array {
  // Ascending and without repetition, so these are all.
  if (indexes.length * LOG_KEY_PREFIX_LENGTH === tables.length) return tables;
  const prefixes = new Uint8Array(indexes.length * LOG_KEY_PREFIX_LENGTH);
  let end = 0;
  for (const index of indexes) {
    const from = index * LOG_KEY_PREFIX_LENGTH;
    for (let i = 0; i < LOG_KEY_PREFIX_LENGTH; i++) prefixes[end++] = tables[from + i] ?? 0;
  }
  return prefixes;
}

function prefixOf(tables: Uint8Array, index: number): Uint8Array {
  return tables.subarray(index * LOG_KEY_PREFIX_LENGTH, (index + 1) * LOG_KEY_PREFIX_LENGTH);
}

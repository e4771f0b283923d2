import type { Table, Wal } from '@shale/engine';

/**
 * The tables that commands are about: few, so that commands meet, and some with the same id in two regions, which share
 * one metadata record. `'1/2'` is table 2 of region 1, anything without a slash is a name.
 */
export const TABLES = ['1/1', '1/2', '2/1', '2/2', 'a', 'b'] as const;

/** Those with a name, whose ids are no others'. */
export const NAMED = ['a', 'b'] as const satisfies readonly (typeof TABLES)[number][];

/** One of {@link TABLES}. */
export type TableKey = (typeof TABLES)[number];

/** The region and table id that a key stands for; null for a name. */
export function idOf(key: TableKey): { readonly region: bigint; readonly table: bigint } | null {
  const [region, table] = key.split('/');
  if (region === undefined || table === undefined) return null;
  return { region: BigInt(region), table: BigInt(table) };
}

/** A new handle of the table. */
export function tableOf(wal: Wal, key: TableKey): Table {
  return wal.table(idOf(key) ?? key);
}

/** The region that the table's entries are in. */
export function regionOf(key: TableKey): bigint {
  return idOf(key)?.region ?? 0n;
}

/** What the table's metadata record is kept by: the id alone, whatever the region. */
export function floorOf(key: TableKey): string {
  const id = idOf(key);
  return id === null ? key : String(id.table);
}

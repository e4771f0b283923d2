import type { TableId } from './errors/wal-error.js';

/** A table as the key of a map. */
export function tableKey({ region, table }: TableId): string {
  return `${region}/${table}`;
}

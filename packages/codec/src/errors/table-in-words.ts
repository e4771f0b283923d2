import type { TableId } from './wal-error.js';

/** A table as messages say it: by its ids, and by its name first if that is known. */
export function tableInWords({ region, table }: TableId, name?: string): string {
  const ids = `region ${region}, table ${table}`;
  return name === undefined ? ids : `table ${JSON.stringify(name)} (${ids})`;
}

import {
  CATALOG_INSTANCE,
  decodeCatalogRecord,
  encodeCatalogRecord,
  type TableId,
  U64_MAX,
} from '@shale/codec';
import { openLog } from '../open.js';
import { describe } from './copy-instance.js';
import type { RepairLoss } from './events.js';

/** Tables with names have ids from here on, in region 0. */
const FIRST_NAMED = 1n << 63n;

/**
 * Mends the catalog of one instance of which records may be lost. Tables that have no name any more get one: without
 * it,
 * the next new name would get the id of such a table, and find its entries. And ids that lost records may have given
 * out are
 * stepped over.
 *
 * @param most no more records than so many can be lost
 */
export async function mendCatalog(
  path: string,
  instance: number,
  tables: readonly bigint[],
  most: bigint,
): Promise<RepairLoss[]> {
  const catalog: TableId = { region: 0n, table: BigInt(instance) };
  await using log = await openLog(path, { instance: CATALOG_INSTANCE });
  const named = new Set<bigint>();
  const names = new Set<string>();
  for (const { payload } of log.read(catalog)) {
    try {
      const record = decodeCatalogRecord(payload);
      named.add(record.id.table);
      names.add(record.name);
    } catch {
      // The catalog's reader will say so.
    }
  }
  const orphans = [...new Set(tables)].filter((table) => table >= FIRST_NAMED && !named.has(table));
  const given = orphans.map((table) => ({ table, name: free(`recovered-${table}`, names) }));
  const largest = [...named, ...orphans].reduce((max, id) => (id > max ? id : max), FIRST_NAMED - 1n);
  const reach = largest + most > U64_MAX - 1n ? U64_MAX - 1n : largest + most;
  // Nobody has this name, so that it was dropped changes nothing; but the next id is one more than the largest ever
  // seen.
  const skip = { kind: 'dropped', id: { region: 0n, table: reach }, name: free('recovered', names) } as const;
  log.append(catalog, [
    ...given.map(({ table, name }) => encodeCatalogRecord({ kind: 'name', id: { region: 0n, table }, name })),
    encodeCatalogRecord(skip),
  ]);
  return given.map(({ table, name }) => ({
    type: 'loss',
    kind: 'name',
    instance,
    id: { region: 0n, table },
    message: `${describe(instance, { region: 0n, table })} has lost its name, and is called ${name} now`,
  }));
}

function free(wish: string, taken: ReadonlySet<string>): string {
  let name = wish;
  for (let i = 2; taken.has(name); i++) name = `${wish}-${i}`;
  return name;
}

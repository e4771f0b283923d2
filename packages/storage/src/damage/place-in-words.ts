import { CATALOG_INSTANCE, type LogKeyPrefix, tableInWords } from '@shale/codec';

/**
 * A table of a database as messages say it. What the last instance holds is no table: the names of the tables of
 * others.
 */
export function placeInWords({ instance, region, table }: LogKeyPrefix): string {
  if (instance === CATALOG_INSTANCE) return `the names of tables${ofInstance(Number(table))}`;
  return `${instance === 0 ? '' : `instance ${instance}, `}${tableInWords({ region, table })}`;
}

function ofInstance(instance: number): string {
  return instance === 0 ? '' : ` of instance ${instance}`;
}

import { CATALOG_INSTANCE, mustBe, type TableId, toU64, type U64Like } from '@shale/codec';
import { fromCaller } from './arguments/caller-error.js';

/** A table's id as the API takes it. */
export interface TableIdLike {
  readonly region: U64Like;
  readonly table: U64Like;
}

/** Turns a table's id into its bigint form. Throws SHALE_INVALID_ARGUMENT. */
export function toTableId(id: TableIdLike): TableId {
  return readTableId('id', '{ region, table }', id, 'a table id');
}

/** The same for an argument that may be something else, too. `expectation` and `what` are for the message. */
export function readTableId(field: string, expectation: string, id: unknown, what: string = field): TableId {
  if (typeof id !== 'object' || id === null) throw mustBe(field, expectation, id, what);
  const fields: { readonly [P in keyof TableIdLike]?: unknown } = id;
  let region: unknown;
  let table: unknown;
  try {
    ({ region, table } = fields);
  } catch (cause) {
    throw fromCaller(field, 'the region and table of an id cannot be read', cause);
  }
  return { region: toU64('region', region), table: toU64('table', table) };
}

/** Checks the number of a WAL instance, 0 to 127. Throws SHALE_INVALID_ARGUMENT. */
export function toInstance(instance: unknown): number {
  if (
    typeof instance === 'number' &&
    Number.isInteger(instance) &&
    instance >= 0 &&
    instance <= CATALOG_INSTANCE
  )
    return instance;
  throw mustBe('instance', `an integer from 0 to ${CATALOG_INSTANCE}`, instance);
}

import { CATALOG_INSTANCE, mustBe, type TableId, U64_MAX } from '@shale/codec';
import { fromCaller } from './arguments/caller-error.js';

/** An id or a sequence at the API: a bigint of 0 to 2^64-1, or a safe integer of at least 0. */
export type U64Like = bigint | number;

/** A table's id as the API takes it. */
export interface TableIdLike {
  readonly region: U64Like;
  readonly table: U64Like;
}

/** Turns an id or a sequence into a bigint. Throws SHALE_INVALID_ARGUMENT with `details.field` = `name`. */
export function toU64(value: unknown, name: string): bigint {
  if (typeof value === 'bigint') {
    if (value >= 0n && value <= U64_MAX) return value;
  } else if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    return BigInt(value);
  }
  throw mustBe(name, 'a bigint from 0 to 18446744073709551615 or a safe integer from 0', value);
}

/** Turns a table's id into its bigint form. Throws SHALE_INVALID_ARGUMENT. */
export function toTableId(id: TableIdLike): TableId {
  if (typeof id !== 'object' || id === null) throw mustBe('id', '{ region, table }', id, 'a table id');
  let region: unknown;
  let table: unknown;
  try {
    ({ region, table } = id);
  } catch (cause) {
    throw fromCaller('id', 'the region and table of an id cannot be read', cause);
  }
  return { region: toU64(region, 'region'), table: toU64(table, 'table') };
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

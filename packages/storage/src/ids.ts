import { CATALOG_INSTANCE, type TableId, U64_MAX, WalError } from '@shale/codec';

/** An id or a sequence at the API: a bigint of 0 to 2^64-1, or a safe integer of at least 0. */
export type U64Like = bigint | number;

/** A table's id as the API takes it. */
export interface TableIdLike {
  readonly region: U64Like;
  readonly table: U64Like;
}

/** Turns an id or a sequence into a bigint. Throws SHALE_INVALID_ARGUMENT with `details.field` = `name`. */
export function toU64(value: U64Like, name: string): bigint {
  if (typeof value === 'bigint') {
    if (value >= 0n && value <= U64_MAX) return value;
  } else if (Number.isSafeInteger(value) && value >= 0) {
    return BigInt(value);
  }
  throw new WalError(
    'SHALE_INVALID_ARGUMENT',
    `${name} must be a bigint of 0 to 2^64-1 or a safe integer of at least 0, and is ${describe(value)}`,
    { details: { field: name } },
  );
}

/** Turns a table's id into its bigint form. Throws SHALE_INVALID_ARGUMENT. */
export function toTableId(id: TableIdLike): TableId {
  if (typeof id !== 'object' || id === null) {
    throw new WalError(
      'SHALE_INVALID_ARGUMENT',
      `a table id must be { region, table }, and is ${describe(id)}`,
      {
        details: { field: 'id' },
      },
    );
  }
  return { region: toU64(id.region, 'region'), table: toU64(id.table, 'table') };
}

/** Checks the number of a WAL instance, 0 to 127. Throws SHALE_INVALID_ARGUMENT. */
export function toInstance(instance: number): number {
  if (Number.isInteger(instance) && instance >= 0 && instance <= CATALOG_INSTANCE) return instance;
  throw new WalError(
    'SHALE_INVALID_ARGUMENT',
    `instance must be an integer of 0 to ${CATALOG_INSTANCE}, and is ${describe(instance)}`,
    { details: { field: 'instance' } },
  );
}

function describe(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : typeof value;
}

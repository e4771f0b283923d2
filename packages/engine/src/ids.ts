import { MAX_NAME_BYTES, type TableId, WalError } from '@shale/codec';
import { invalid, readTableId } from '@shale/storage';

/** A region or table id: a bigint of 0 to 2^64-1, or a safe integer of at least 0. */
export type IdInput = bigint | number;

/** A sequence that is passed to a method: a bigint of 0 to 2^64-1, or a safe integer of at least 0. */
export type SequenceInput = bigint | number;

/** Names one table log: a region and a table inside it. */
export interface TableIdInput {
  /** The region's id. */
  readonly region: IdInput;
  /** The table's id, unique inside its region. */
  readonly table: IdInput;
}

/** Takes a region and a table id. Throws SHALE_INVALID_ARGUMENT. */
export function toTableId(value: TableIdInput): TableId {
  return readTableId('table', '{ region, table } or a name', value);
}

/** Takes a table's name. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE. */
export function toName(value: string): string {
  const bytes = Buffer.byteLength(value, 'utf8');
  if (bytes === 0) throw invalid('name', 'a table name must not be empty');
  if (bytes > MAX_NAME_BYTES) {
    throw new WalError(
      'SHALE_TOO_LARGE',
      `a table name must have at most ${MAX_NAME_BYTES} bytes of UTF-8, got ${bytes}`,
      { details: { field: 'name', length: bytes, limit: MAX_NAME_BYTES } },
    );
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw invalid('name', 'a table name must be well-formed Unicode, got a lone surrogate');
  }
  return value;
}

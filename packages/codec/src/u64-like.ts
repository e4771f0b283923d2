import { mustBe } from './errors/refuse.js';
import { U64_MAX } from './layout/u64.js';

/** An id or a sequence as a caller passes it: a bigint from 0 to 2^64-1, or a safe integer from 0. */
export type U64Like = bigint | number;

/** Turns an id or a sequence into a bigint. Throws SHALE_INVALID_ARGUMENT with `details.field`. */
export function toU64(field: string, value: unknown): bigint {
  if (typeof value === 'bigint' && value >= 0n && value <= U64_MAX) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw mustBe(field, 'a bigint from 0 to 18446744073709551615 or a safe integer from 0', value);
}

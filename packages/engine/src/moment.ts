import { mustBe } from '@shale/codec';

/** Milliseconds since 1970 of a time. Throws SHALE_INVALID_ARGUMENT. */
export function toMs(field: string, time: Date | number): bigint {
  const ms: unknown = time instanceof Date ? time.getTime() : time;
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)
    return BigInt(Math.floor(ms));
  throw mustBe(field, 'a Date, or milliseconds since 1970', time);
}

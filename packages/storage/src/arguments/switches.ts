import { mustBe } from '@shale/codec';
import { readBag } from './option-bag.js';

/** Reads a boolean option. Throws SHALE_INVALID_ARGUMENT. */
export function toFlag(field: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw mustBe(field, 'true or false', value);
}

const SYNC = ['sync'] as const;

/** Reads options that have `sync` alone: whether a change must be durable. Throws SHALE_INVALID_ARGUMENT. */
export function wantsSync(call: string, options: unknown): boolean {
  return options === undefined || toFlag('sync', readBag(call, options, SYNC).sync, true);
}

import { mustBe } from '@shale/codec';
import { readBag } from './option-bag.js';

/** What a switch of an options bag says. Throws SHALE_INVALID_ARGUMENT. */
export function toFlag(field: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw mustBe(field, 'true or false', value);
}

const SYNC = ['sync'] as const;

/** Whether a change is to be durable, by options that have nothing else. Throws SHALE_INVALID_ARGUMENT. */
export function wantsSync(call: string, options: unknown): boolean {
  return options === undefined || toFlag('sync', readBag(call, options, SYNC).sync, true);
}

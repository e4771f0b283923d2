import { invalidArgument } from '../errors/refuse.js';
import { show } from '../errors/show.js';

/** The largest WAL instance of one database. */
export const MAX_INSTANCE = 127;
/** The instance that holds the catalog of table names. */
export const CATALOG_INSTANCE = 127;
/** The only version of keys and values. */
export const FORMAT_VERSION = 0;

/** The meaning of a namespace byte, the first byte of every key. */
export interface Namespace {
  readonly instance: number;
  readonly kind: 'log' | 'meta';
}

/** The first byte of the log keys of an instance: 2i+1. */
export function logNamespace(instance: number): number {
  requireInstance(instance);
  return instance * 2 + 1;
}

/** The first byte of the meta keys of an instance: 2i. */
export function metaNamespace(instance: number): number {
  requireInstance(instance);
  return instance * 2;
}

/** The meaning of a namespace byte; all values from 0 to 255 are valid. */
export function namespaceOf(byte: number): Namespace {
  if (!Number.isInteger(byte) || byte < 0 || byte > 255) {
    throw invalidArgument(`a namespace must be a byte from 0 to 255, got ${show(byte)}`, {
      field: 'namespace',
    });
  }
  return { instance: byte >> 1, kind: byte % 2 === 1 ? 'log' : 'meta' };
}

function requireInstance(instance: number): void {
  if (!Number.isInteger(instance) || instance < 0 || instance > MAX_INSTANCE) {
    throw invalidArgument(`instance must be an integer from 0 to ${MAX_INSTANCE}, got ${show(instance)}`, {
      field: 'instance',
    });
  }
}

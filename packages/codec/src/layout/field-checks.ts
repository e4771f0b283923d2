import { corrupt, hex } from '../errors/refuse.js';
import { logNamespace, metaNamespace, namespaceOf } from './instance.js';

/** Throws SHALE_CORRUPT unless `source` has exactly `expected` bytes. */
export function checkLength(what: string, source: Uint8Array, expected: number): void {
  if (source.length !== expected) {
    throw corrupt(`${what} has ${source.length} bytes instead of ${expected}: ${hex(source)}`, {
      field: 'length',
      offset: 0,
      expected,
      actual: source.length,
      bytes: hex(source),
    });
  }
}

/** Throws SHALE_CORRUPT unless the byte at `offset` is `expected`. */
export function checkByte(
  what: string,
  field: 'namespace' | 'version' | 'keyType' | 'kind' | 'instance',
  source: Uint8Array,
  offset: number,
  expected: number,
): void {
  const actual = source[offset] ?? -1;
  if (actual !== expected) {
    throw corrupt(
      `${what} has ${field} ${actual} instead of ${expected} at offset ${offset}: ${hex(source)}`,
      { field, offset, expected, actual, bytes: hex(source) },
    );
  }
}

/** Checks the namespace byte at `offset` and returns its instance. */
export function checkNamespace(
  what: string,
  kind: 'log' | 'meta',
  source: Uint8Array,
  offset: number,
  expectInstance: number | undefined,
): number {
  if (expectInstance !== undefined) {
    const expected = kind === 'log' ? logNamespace(expectInstance) : metaNamespace(expectInstance);
    checkByte(what, 'namespace', source, offset, expected);
    return expectInstance;
  }
  const actual = source[offset] ?? 0;
  const namespace = namespaceOf(actual);
  if (namespace.kind !== kind) {
    const expected = kind === 'log' ? 'odd' : 'even';
    throw corrupt(
      `${what} has namespace ${actual} at offset ${offset}, which is not ${expected}: ${hex(source)}`,
      { field: 'namespace', offset, expected, actual, bytes: hex(source) },
    );
  }
  return namespace.instance;
}

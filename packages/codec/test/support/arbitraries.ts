import { U64_MAX } from '@shale/codec';
import fc from 'fast-check';

/** Where 64-bit integers tend to break. */
export const U64_EDGES: readonly bigint[] = [
  0n,
  1n,
  255n,
  256n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  U64_MAX - 1n,
  U64_MAX,
];

export const u64: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(...U64_EDGES),
  fc.bigInt({ min: 0n, max: U64_MAX }),
);
export const instance: fc.Arbitrary<number> = fc.integer({ min: 0, max: 127 });
export const tableId = fc.record({ region: u64, table: u64 });
export const logKeyPrefix = fc.record({ instance, region: u64, table: u64 });
export const logKeyFields = fc.record({ instance, region: u64, table: u64, sequence: u64 });

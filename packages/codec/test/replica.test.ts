import {
  decodeReplicaEntries,
  decodeReplicaHeader,
  encodeReplicaEntries,
  encodeReplicaHeader,
  nextAfter,
  type ReplicaHeader,
  U64_MAX,
} from '@shale/codec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { u64 } from './support/arbitraries.js';
import { walErrorOf } from './support/errors.js';

const sequence = fc.bigInt(1n, U64_MAX);
const count = fc.integer({ min: 1, max: 2 ** 32 - 1 });

const entries = fc
  .record({ epoch: u64, frame: u64, first: sequence, below: sequence, count })
  .map(({ first, below, count: wished, ...rest }): ReplicaHeader => {
    const room = U64_MAX + 1n - first;
    const fitting = BigInt(wished) > room ? Number(room) : wished;
    const floor = first - (below % first);
    return { kind: 'entries', ...rest, first, count: fitting, floor, part: 1, parts: 1 };
  });

const ENTRIES: ReplicaHeader = {
  kind: 'entries',
  epoch: 3n,
  frame: 17n,
  first: 1001n,
  count: 100,
  floor: 1n,
  part: 1,
  parts: 1,
};

test('headers and entries come back as they were written', () => {
  fc.assert(
    fc.property(entries, (header) => {
      expect(decodeReplicaHeader(encodeReplicaHeader(header))).toEqual(header);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (payloads) => {
      expect(decodeReplicaEntries(encodeReplicaEntries(payloads), payloads.length)).toEqual(payloads);
    }),
  );
});

test('behind the largest sequence the next one is one more', () => {
  const last: ReplicaHeader = { ...ENTRIES, first: U64_MAX, count: 1 };
  expect(nextAfter(decodeReplicaHeader(encodeReplicaHeader(last)))).toBe(U64_MAX + 1n);
  const mark: ReplicaHeader = { ...ENTRIES, kind: 'mark', first: U64_MAX + 1n, count: 0, floor: 5n };
  expect(decodeReplicaHeader(encodeReplicaHeader(mark))).toEqual(mark);
});

test.each([
  ['a floor beyond the first entry', { floor: 1002n }],
  ['entries that are none', { count: 0 }],
  ['a mark with entries', { kind: 'mark' }],
  ['a drop that goes on', { kind: 'drop', count: 0 }],
  ['a part that is not there', { count: 1, part: 3, parts: 2 }],
  ['a split of several entries', { parts: 2 }],
  ['entries beyond the largest sequence', { first: U64_MAX, count: 2 }],
] as const)('%s is refused when it is written and when it is read', (_, change) => {
  const header: ReplicaHeader = { ...ENTRIES, ...change };
  walErrorOf(() => encodeReplicaHeader(header), 'SHALE_INVALID_ARGUMENT');
  const { kind, epoch, frame, first, count: many, floor, part, parts } = header;
  const text = `1 ${kind} ${epoch} ${frame} ${first} ${many} ${floor} ${part} ${parts}`;
  walErrorOf(() => decodeReplicaHeader(text), 'SHALE_CORRUPT');
});

test.each([
  '',
  '1 entries 3 17 1001 100 1 1',
  '1 entries 3 17 1001 100 1 1 1 1',
  '2 entries 3 17 1001 100 1 1 1',
  '1 Entries 3 17 1001 100 1 1 1',
  '1 entries 03 17 1001 100 1 1 1',
  '1 entries 3  17 1001 100 1 1',
  '1 entries -3 17 1001 100 1 1 1',
  '1 entries 18446744073709551616 17 1001 100 1 1 1',
])('the header %j is SHALE_CORRUPT', (text) => {
  walErrorOf(() => decodeReplicaHeader(text), 'SHALE_CORRUPT');
});

test('entries that do not fill their message exactly are SHALE_CORRUPT', () => {
  const bytes = encodeReplicaEntries([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
  for (const wrong of [
    bytes.subarray(0, bytes.length - 1),
    Uint8Array.of(...bytes, 0),
    bytes.subarray(0, 7),
  ]) {
    expect(walErrorOf(() => decodeReplicaEntries(wrong, 2), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'length',
      actual: wrong.length,
    });
  }
});

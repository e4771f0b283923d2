import {
  consumerKey,
  consumerRange,
  decodeConsumer,
  decodeConsumerKey,
  decodeMetaKey,
  decodePosition,
  decodePositionKey,
  encodeConsumer,
  encodePosition,
  floorRange,
  LOG_KEY_LENGTH,
  META_KEY_LENGTH,
  META_VALUE_LENGTH,
  POSITION_KEY_LENGTH,
  positionKey,
  positionRange,
  positionRangeOfRegion,
  positionRangeOfTable,
  requirementRange,
} from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableId, u64 } from './support/arbitraries.js';
import { bytesOf } from './support/bytes.js';
import { walErrorOf } from './support/errors.js';

const instance = fc.nat(126);
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 120 });
const state = fc.uint8Array({ maxLength: 40 });

function holds({ lower, upper }: { lower: Uint8Array; upper: Uint8Array }, key: Uint8Array): boolean {
  return Buffer.compare(lower, key) <= 0 && Buffer.compare(key, upper) < 0;
}

test('what is written comes back, and each key is in its ranges and in no other', () => {
  fc.assert(
    fc.property(
      instance,
      instance,
      tableId,
      tableId,
      u64,
      u64,
      state,
      (i, other, id, strange, consumer, n, bytes) => {
        const key = positionKey(i, { ...id, consumer });
        const value = { position: n, epoch: consumer, state: bytes };
        expect(decodePositionKey(key, i)).toEqual({ ...id, consumer });
        expect(decodePosition(encodePosition(value))).toEqual(value);
        expect(holds(positionRange(other), key)).toBe(i === other);
        expect(holds(positionRangeOfRegion(i, strange.region), key)).toBe(strange.region === id.region);
        const isOfTable = strange.region === id.region && strange.table === id.table;
        expect(holds(positionRangeOfTable(i, strange), key)).toBe(isOfTable);
        for (const range of [floorRange(127), requirementRange(), consumerRange(i)]) {
          expect(holds(range, key)).toBe(false);
        }
        walErrorOf(() => decodeMetaKey(key), 'SHALE_CORRUPT');
      },
    ),
  );
});

test('the record of a consumer comes back, and is in its range', () => {
  fc.assert(
    fc.property(
      instance,
      instance,
      name,
      fc.bigInt(1n, 2n ** 64n - 1n),
      u64,
      (i, other, text, consumer, epoch) => {
        const key = consumerKey(i, text);
        expect(decodeConsumerKey(key, i)).toBe(text);
        expect(decodeConsumer(encodeConsumer({ consumer, epoch }))).toEqual({ consumer, epoch });
        expect(holds(consumerRange(other), key)).toBe(i === other);
        expect(holds(positionRange(i), key)).toBe(false);
        expect(holds(floorRange(127), key)).toBe(false);
      },
    ),
  );
});

test('no record is as long as a floor or an entry, for code that tells them by length', () => {
  const floor = META_KEY_LENGTH + META_VALUE_LENGTH;
  const position = encodePosition({ position: 1n, epoch: 1n, state: new Uint8Array(0) });
  expect(POSITION_KEY_LENGTH).not.toBe(LOG_KEY_LENGTH);
  expect(POSITION_KEY_LENGTH + position.length).toBeGreaterThan(floor);
  expect(consumerKey(0, 'x').length + encodeConsumer({ consumer: 1n, epoch: 1n }).length).toBeGreaterThan(
    floor,
  );
});

describe('damage is located', () => {
  const key = 'fe 01 00 0000000000000001 0000000000000002 0000000000000003 00';
  test.each([
    ['length', key.slice(0, -3)],
    ['namespace', key.replace('fe', 'fc')],
    ['keyType', key.replace('fe 01', 'fe 02')],
    ['instance', key.replace('fe 01 00', 'fe 01 07')],
    ['version', `${key.slice(0, -2)}01`],
  ])('%s of the key of a position', (field, hex) => {
    expect(walErrorOf(() => decodePositionKey(bytesOf(hex), 0), 'SHALE_CORRUPT').details?.field).toBe(field);
  });

  test('of values', () => {
    const value = encodePosition({ position: 1n, epoch: 1n, state: new Uint8Array(0) });
    const fields = [value.subarray(0, 16), Uint8Array.from(value, (byte, at) => (at === 0 ? 1 : byte))].map(
      (bytes) => walErrorOf(() => decodePosition(bytes), 'SHALE_CORRUPT').details?.field,
    );
    expect(fields).toEqual(['length', 'version']);
    walErrorOf(() => decodeConsumer(new Uint8Array(17)), 'SHALE_CORRUPT');
    walErrorOf(() => decodeConsumer(new Uint8Array(16).fill(0)), 'SHALE_CORRUPT');
  });
});

test('the catalog has no consumers, and names are checked', () => {
  walErrorOf(() => positionKey(127, { region: 0n, table: 0n, consumer: 1n }), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => consumerKey(127, 'x'), 'SHALE_INVALID_ARGUMENT');
  expect(walErrorOf(() => consumerKey(0, ''), 'SHALE_INVALID_ARGUMENT').message).toContain('consumer');
  walErrorOf(() => consumerKey(0, 'x'.repeat(513)), 'SHALE_TOO_LARGE');
});

import {
  decodeMetaKey,
  decodeNameCounter,
  decodeNameKey,
  decodeNameValue,
  decodeTableNameKey,
  decodeTableNameValue,
  encodeNameCounter,
  encodeNameValue,
  encodeTableNameValue,
  floorRange,
  META_KEY_LENGTH,
  META_VALUE_LENGTH,
  metaKey,
  nameCounterKey,
  nameKey,
  nameRange,
  tableNameKey,
  tableNameRange,
} from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableId } from './support/arbitraries.js';
import { bytesOf } from './support/bytes.js';
import { walErrorOf } from './support/errors.js';

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 120 });
const instance = fc.nat(126);

function holds({ lower, upper }: { lower: Uint8Array; upper: Uint8Array }, key: Uint8Array): boolean {
  return Buffer.compare(lower, key) <= 0 && Buffer.compare(key, upper) < 0;
}

test('what is written comes back, and each key is in its range and in no other', () => {
  fc.assert(
    fc.property(instance, instance, tableId, name, (i, other, id, text) => {
      const key = nameKey(i, text);
      const back = tableNameKey(i, id);
      expect(decodeNameKey(key, i)).toBe(text);
      expect(decodeNameValue(encodeNameValue(id))).toEqual(id);
      expect(decodeTableNameKey(back, i)).toEqual(id);
      expect(decodeTableNameValue(encodeTableNameValue(text))).toBe(text);
      expect(decodeNameCounter(encodeNameCounter(id.table))).toBe(id.table);
      expect(holds(nameRange(other), key)).toBe(i === other);
      expect(holds(tableNameRange(other), back)).toBe(i === other);
      for (const range of [nameRange(i), tableNameRange(i)]) {
        expect(holds(range, nameCounterKey(i))).toBe(false);
        expect(holds(range, metaKey(127, id.table))).toBe(false);
      }
      for (const record of [key, back, nameCounterKey(i)]) {
        expect(holds(floorRange(127), record)).toBe(false);
        walErrorOf(() => decodeMetaKey(record), 'SHALE_CORRUPT');
      }
    }),
  );
});

test('no record is as long as a floor, key and value together, for code that tells floors by length', () => {
  const id = { region: 0n, table: 2n ** 63n };
  const records = Array.from({ length: 512 }, (_, i) => [
    [nameKey(0, 'x'.repeat(i + 1)), encodeNameValue(id)],
    [tableNameKey(0, id), encodeTableNameValue('x'.repeat(i + 1))],
    [nameCounterKey(0), encodeNameCounter(1n)],
  ]).flat();
  for (const [key, value] of records) {
    expect([key?.length, value?.length]).not.toEqual([META_KEY_LENGTH, META_VALUE_LENGTH]);
  }
});

test('names and instances are checked', () => {
  walErrorOf(() => nameKey(0, ''), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => nameKey(0, '\ud800'), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => nameKey(0, 'x'.repeat(513)), 'SHALE_TOO_LARGE');
  walErrorOf(() => nameKey(127, 'x'), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => nameCounterKey(-1), 'SHALE_INVALID_ARGUMENT');
});

describe('damage is located', () => {
  const id = '0000000000000000 8000000000000000';
  test.each<[string, string, (bytes: Uint8Array) => unknown]>([
    ['namespace', 'ff 03 00 61', (bytes) => decodeNameKey(bytes, 0)],
    ['keyType', 'fe 04 00 61', (bytes) => decodeNameKey(bytes, 0)],
    ['instance', 'fe 03 01 61', (bytes) => decodeNameKey(bytes, 0)],
    ['length', 'fe 03 00', (bytes) => decodeNameKey(bytes, 0)],
    ['name', 'fe 03 00 ff', (bytes) => decodeNameKey(bytes, 0)],
    ['length', `00 ${id} 00`, decodeNameValue],
    ['version', `01 ${id}`, decodeNameValue],
    ['length', `fe 04 00 ${id}`, (bytes) => decodeTableNameKey(bytes, 0)],
    ['version', `fe 04 00 ${id} 01`, (bytes) => decodeTableNameKey(bytes, 0)],
    ['length', '00', decodeTableNameValue],
    ['length', `00 ${'61'.repeat(513)}`, decodeTableNameValue],
    ['version', '01 61', decodeTableNameValue],
    ['name', '00 ff', decodeTableNameValue],
    ['length', '00', decodeNameCounter],
    ['version', '01 8000000000000000', decodeNameCounter],
  ])('%s of %s', (field, hex, decode) => {
    const error = walErrorOf(() => decode(bytesOf(hex)), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field });
  });
});

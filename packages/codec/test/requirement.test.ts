import {
  decodeRequirement,
  encodeRequirementValue,
  floorRange,
  META_KEY_LENGTH,
  META_VALUE_LENGTH,
  nameCounterKey,
  nameKey,
  requirementKey,
  requirementRange,
} from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf } from './support/bytes.js';
import { walErrorOf } from './support/errors.js';

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-');
const name = fc.string({ unit: letter, minLength: 1, maxLength: 64 });
const number = fc.nat(0xffff);
const since = fc.tuple(number, number, number).map((numbers) => numbers.join('.'));

function holds({ lower, upper }: { lower: Uint8Array; upper: Uint8Array }, key: Uint8Array): boolean {
  return Buffer.compare(lower, key) <= 0 && Buffer.compare(key, upper) < 0;
}

test('what is written comes back, in a range of its own, and never as long as a floor', () => {
  fc.assert(
    fc.property(name, fc.boolean(), since, (text, forReading, version) => {
      const key = requirementKey(text);
      const value = encodeRequirementValue(forReading, version);
      expect(decodeRequirement(key, value)).toEqual({ name: text, forReading, since: version });
      expect(holds(requirementRange(), key)).toBe(true);
      expect(holds(floorRange(127), key)).toBe(false);
      expect(holds(requirementRange(), nameKey(0, text))).toBe(false);
      expect(holds(requirementRange(), nameCounterKey(0))).toBe(false);
      expect([key.length, value.length]).not.toEqual([META_KEY_LENGTH, META_VALUE_LENGTH]);
    }),
  );
});

test.each([
  ['a later version of the record', '01 01 0001 0000 0000'],
  ['somebody else than readers and writers', '00 03 0001 0000 0000'],
  ['more', '00 01 0001 0000 0000 00'],
  ['nothing', ''],
])('a value that says %s is one for reading, of an unknown version', (_, hex) => {
  const read = decodeRequirement(requirementKey('time-marks'), bytesOf(hex));
  expect(read).toEqual({ name: 'time-marks', forReading: true, since: null });
});

test('names and versions are checked', () => {
  for (const text of ['', 'Marks', 'é', 'x'.repeat(65)])
    walErrorOf(() => requirementKey(text), 'SHALE_INVALID_ARGUMENT');
  for (const version of ['1.2', '1.2.65536', '1.2.3-beta'])
    walErrorOf(() => encodeRequirementValue(true, version), 'SHALE_INVALID_ARGUMENT');
});

describe('damage is located', () => {
  test.each([
    ['namespace', 'fc 06 61'],
    ['keyType', 'fe 05 61'],
    ['name', 'fe 06'],
    ['name', 'fe 06 41'],
  ])('%s of %s', (field, hex) => {
    const value = encodeRequirementValue(true, '1.0.0');
    const error = walErrorOf(() => decodeRequirement(bytesOf(hex), value), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field });
  });
});

import { type CatalogRecord, decodeCatalogRecord, encodeCatalogRecord, MAX_NAME_BYTES } from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableId } from './support/arbitraries.js';
import { bytesOf, hexOf } from './support/bytes.js';
import { walErrorOf } from './support/errors.js';

const record: CatalogRecord = { kind: 'name', id: { region: 1234n, table: 8910n }, name: 'cpu.é' };

test('a record is what docs/format.md says', () => {
  const hex = '00 01 00000000000004d2 00000000000022ce 6370752ec3a9';
  expect(hexOf(encodeCatalogRecord(record))).toBe(hex.replaceAll(' ', ''));
  expect(decodeCatalogRecord(bytesOf(hex))).toEqual(record);
});

test('records come back the same', () => {
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 120 });
  const kind = fc.constantFrom('name' as const, 'dropped' as const);
  fc.assert(
    fc.property(kind, tableId, name, (k, id, text) => {
      const one = { kind: k, id, name: text };
      expect(decodeCatalogRecord(encodeCatalogRecord(one))).toEqual(one);
    }),
  );
});

describe('a name', () => {
  test('may have 512 bytes and no more', () => {
    const longest = 'é'.repeat(MAX_NAME_BYTES / 2);
    expect(decodeCatalogRecord(encodeCatalogRecord({ ...record, name: longest })).name).toBe(longest);
    walErrorOf(() => encodeCatalogRecord({ ...record, name: `${longest}x` }), 'SHALE_TOO_LARGE');
  });

  test.each(['', '\ud800'])('cannot be %j', (name) => {
    walErrorOf(() => encodeCatalogRecord({ ...record, name }), 'SHALE_INVALID_ARGUMENT');
  });
});

test('an unknown kind is not written', () => {
  // @ts-expect-error a program without types might pass it
  walErrorOf(() => encodeCatalogRecord({ ...record, kind: 'renamed' }), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(
    () => encodeCatalogRecord({ ...record, id: { region: -1n, table: 1n } }),
    'SHALE_INVALID_ARGUMENT',
  );
});

describe('damage is located', () => {
  const ids = '00000000000004d2 00000000000022ce';
  test.each([
    ['length', `00 01 ${ids}`],
    ['length', ''],
    ['length', `00 01 ${ids}${'61'.repeat(513)}`],
    ['version', `01 01 ${ids} 61`],
    ['kind', `00 03 ${ids} 61`],
    ['kind', `00 00 ${ids} 61`],
    ['name', `00 01 ${ids} ff`],
  ])('%s', (field, hex) => {
    const error = walErrorOf(() => decodeCatalogRecord(bytesOf(hex)), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field });
  });
});

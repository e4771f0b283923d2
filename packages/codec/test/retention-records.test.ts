import {
  consumerRange,
  decodeMark,
  decodeMarkKey,
  decodeMetaKey,
  decodeRetention,
  decodeRetentionKey,
  decodeSubscription,
  decodeSubscriptionKey,
  encodeMark,
  encodeRetention,
  encodeSubscription,
  floorRange,
  LOG_KEY_LENGTH,
  MARK_KEY_LENGTH,
  META_KEY_LENGTH,
  META_VALUE_LENGTH,
  markKey,
  markRange,
  markRangeOfTable,
  NO_LIMIT,
  positionRange,
  type RecordTarget,
  requirementRange,
  retentionKey,
  retentionRange,
  subscriptionKey,
  subscriptionRange,
} from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableId, u64 } from './support/arbitraries.js';
import { walErrorOf } from './support/errors.js';

const instance = fc.nat(126);
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 120 });
const target: fc.Arbitrary<RecordTarget> = fc.oneof(
  fc.constant({ is: 'all' } as const),
  u64.map((region) => ({ is: 'region', region }) as const),
  tableId.map(({ region, table }) => ({ is: 'table', region, table }) as const),
  name.map((prefix) => ({ is: 'prefix', prefix }) as const),
  name.map((text) => ({ is: 'name', name: text }) as const),
);
const most = fc.option(fc.bigInt(0n, 2n ** 64n - 2n));
const limit = fc.record({ entries: most, bytes: most, ageMs: most });

function holds({ lower, upper }: { lower: Uint8Array; upper: Uint8Array }, key: Uint8Array): boolean {
  return Buffer.compare(lower, key) <= 0 && Buffer.compare(key, upper) < 0;
}

test('a retention and its tables come back, and it is in its range and in no other', () => {
  fc.assert(
    fc.property(
      instance,
      instance,
      target,
      limit,
      limit,
      fc.boolean(),
      (i, other, of, keep, atMost, disk) => {
        const key = retentionKey(i, of);
        const record = { keep, atMost, yieldsToDisk: disk };
        expect(decodeRetentionKey(key, i)).toEqual(of);
        expect(decodeRetention(encodeRetention(record))).toEqual(record);
        expect(holds(retentionRange(other), key)).toBe(i === other);
        const others = [
          floorRange(127),
          requirementRange(),
          consumerRange(i),
          positionRange(i),
          markRange(i),
        ];
        for (const range of [...others, subscriptionRange(i)]) expect(holds(range, key)).toBe(false);
        walErrorOf(() => decodeMetaKey(key), 'SHALE_CORRUPT');
      },
    ),
  );
});

test('what a consumer is for comes back, and is in its range', () => {
  fc.assert(
    fc.property(instance, instance, u64, target, (i, other, consumer, of) => {
      const key = subscriptionKey(i, consumer);
      expect(decodeSubscriptionKey(key, i)).toBe(consumer);
      expect(decodeSubscription(encodeSubscription(of))).toEqual(of);
      expect(holds(subscriptionRange(other), key)).toBe(i === other);
      expect(holds(retentionRange(i), key)).toBe(false);
    }),
  );
});

test('a time mark comes back, and stands among those of its table by its time', () => {
  fc.assert(
    fc.property(instance, tableId, tableId, u64, u64, u64, (i, id, strange, ms, later, sequence) => {
      const key = markKey(i, { ...id, ms });
      expect(decodeMarkKey(key, i)).toEqual({ ...id, ms });
      expect(decodeMark(encodeMark(sequence))).toBe(sequence);
      expect(holds(markRange(i), key)).toBe(true);
      const isOfTable = strange.region === id.region && strange.table === id.table;
      expect(holds(markRangeOfTable(i, strange), key)).toBe(isOfTable);
      const order = Buffer.compare(key, markKey(i, { ...id, ms: later }));
      expect(order).toBe(ms < later ? -1 : ms > later ? 1 : 0);
      expect(holds(positionRange(i), key)).toBe(false);
      walErrorOf(() => decodeMetaKey(key), 'SHALE_CORRUPT');
    }),
  );
});

test('no record is as long as a floor or an entry, for code that tells them by length', () => {
  const floor = META_KEY_LENGTH + META_VALUE_LENGTH;
  expect(MARK_KEY_LENGTH).not.toBe(LOG_KEY_LENGTH);
  expect(MARK_KEY_LENGTH + encodeMark(1n).length).toBeGreaterThan(floor);
  expect(encodeRetention({ keep: NO_LIMIT, atMost: NO_LIMIT, yieldsToDisk: false }).length).toBeGreaterThan(
    floor,
  );
  // The shortest one is of all tables.
  expect(subscriptionKey(0, 1n).length + encodeSubscription({ is: 'all' }).length).not.toBe(floor);
});

describe('what is not of the layout is refused by its field', () => {
  const record = encodeRetention({ keep: NO_LIMIT, atMost: NO_LIMIT, yieldsToDisk: false });
  const changed = (bytes: Uint8Array, at: number, byte: number): Uint8Array => {
    const copy = bytes.slice();
    copy[at] = byte;
    return copy;
  };
  test.each<[string, string, () => unknown]>([
    ['a retention that is too short', 'length', () => decodeRetention(record.subarray(1))],
    ['a retention of another version', 'version', () => decodeRetention(changed(record, 0, 1))],
    ['a retention with other flags', 'flags', () => decodeRetention(changed(record, 1, 2))],
    ['a target of another kind', 'kind', () => decodeSubscription(Uint8Array.of(0, 5))],
    ['no target', 'kind', () => decodeSubscription(Uint8Array.of(0))],
    ['a region that is too short', 'length', () => decodeSubscription(Uint8Array.of(0, 1, 2))],
    ['an empty name', 'length', () => decodeSubscription(Uint8Array.of(0, 4))],
    ['a name that is no text', 'name', () => decodeSubscription(Uint8Array.of(0, 4, 0xff))],
    ['a mark of another version', 'version', () => decodeMark(changed(encodeMark(1n), 0, 1))],
    ['another instance', 'instance', () => decodeRetentionKey(retentionKey(1, { is: 'all' }), 0)],
    ['another key type', 'keyType', () => decodeRetentionKey(subscriptionKey(0, 1n), 0)],
  ])('%s', (_, field, decode) => {
    expect(walErrorOf(decode, 'SHALE_CORRUPT').details).toMatchObject({ field });
  });

  test('the instance of the names has none', () => {
    for (const make of [
      () => markKey(127, { region: 0n, table: 0n, ms: 0n }),
      () => retentionKey(127, { is: 'all' }),
      () => subscriptionKey(127, 1n),
    ])
      walErrorOf(make, 'SHALE_INVALID_ARGUMENT');
  });
});

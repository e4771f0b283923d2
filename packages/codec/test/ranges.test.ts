import {
  instanceRange,
  type KeyRange,
  keySuccessor,
  logKey,
  metaKey,
  metaRange,
  prefixSuccessor,
  regionRange,
  sequenceRange,
  tableRange,
  tableRangeUpTo,
  U64_MAX,
} from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instance, logKeyFields, tableId, u64 } from './support/arbitraries.js';
import { walErrorOf } from './support/errors.js';

function holds(range: KeyRange, key: Uint8Array): boolean {
  return Buffer.compare(range.lower, key) <= 0 && Buffer.compare(key, range.upper) < 0;
}

/** Two keys whose first `shared` fields are equal, so that ranges are hit as often as missed. */
const pair = fc.tuple(logKeyFields, logKeyFields, fc.nat(4)).map(([a, b, shared]) => ({
  a,
  b: {
    instance: shared > 0 ? a.instance : b.instance,
    region: shared > 1 ? a.region : b.region,
    table: shared > 2 ? a.table : b.table,
    sequence: shared > 3 ? a.sequence : b.sequence,
  },
}));

describe('a key is in a range exactly when its fields say so', () => {
  test('of a table', () => {
    fc.assert(
      fc.property(pair, ({ a, b }) => {
        const same = a.instance === b.instance && a.region === b.region && a.table === b.table;
        expect(holds(tableRange(a.instance, a), logKey(b, b.sequence))).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  test('of a table up to a sequence, inclusive', () => {
    fc.assert(
      fc.property(pair, ({ a, b }) => {
        const same = a.instance === b.instance && a.region === b.region && a.table === b.table;
        const range = tableRangeUpTo(a.instance, a, a.sequence);
        expect(holds(range, logKey(b, b.sequence))).toBe(same && b.sequence <= a.sequence);
      }),
      { numRuns: 500 },
    );
  });

  test('of sequences, both ends inclusive', () => {
    fc.assert(
      fc.property(pair, u64, ({ a, b }, other) => {
        const [from, to] = a.sequence <= other ? [a.sequence, other] : [other, a.sequence];
        const same = a.instance === b.instance && a.region === b.region && a.table === b.table;
        const inside = same && from <= b.sequence && b.sequence <= to;
        expect(holds(sequenceRange(a.instance, a, from, to), logKey(b, b.sequence))).toBe(inside);
      }),
      { numRuns: 500 },
    );
  });

  test('of a region, and of an instance', () => {
    fc.assert(
      fc.property(pair, ({ a, b }) => {
        const key = logKey(b, b.sequence);
        const sameInstance = a.instance === b.instance;
        expect(holds(regionRange(a.instance, a.region), key)).toBe(sameInstance && a.region === b.region);
        expect(holds(instanceRange(a.instance), key)).toBe(sameInstance);
        expect(holds(metaRange(a.instance), key)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('of metadata records', () => {
    fc.assert(
      fc.property(instance, instance, u64, (a, b, table) => {
        expect(holds(metaRange(a), metaKey(b, table))).toBe(a === b);
        expect(holds(instanceRange(a), metaKey(b, table))).toBe(false);
      }),
    );
  });
});

describe('at the limits', () => {
  const last = { instance: 127, region: U64_MAX, table: U64_MAX };

  test('the last key of the last table of the last instance is in all its ranges', () => {
    const key = logKey(last, U64_MAX);
    for (const range of [
      tableRange(127, last),
      tableRangeUpTo(127, last, U64_MAX),
      sequenceRange(127, last, U64_MAX, U64_MAX),
      regionRange(127, U64_MAX),
      instanceRange(127),
    ]) {
      expect(holds(range, key)).toBe(true);
    }
  });

  test('an inclusive end at the largest sequence takes the key of another version too', () => {
    const foreign = logKey({ instance: 0, region: 1n, table: 2n }, U64_MAX);
    foreign[25] = 255;
    expect(holds(tableRangeUpTo(0, { region: 1n, table: 2n }, U64_MAX), foreign)).toBe(true);
  });

  test('one sequence is a range of one', () => {
    fc.assert(
      fc.property(instance, tableId, u64, (i, id, sequence) => {
        const range = sequenceRange(i, id, sequence, sequence);
        expect(holds(range, logKey({ instance: i, ...id }, sequence))).toBe(true);
        if (sequence > 0n) expect(holds(range, logKey({ instance: i, ...id }, sequence - 1n))).toBe(false);
        if (sequence < U64_MAX)
          expect(holds(range, logKey({ instance: i, ...id }, sequence + 1n))).toBe(false);
      }),
    );
  });

  test('reversed sequences are refused', () => {
    walErrorOf(() => sequenceRange(0, { region: 1n, table: 1n }, 2n, 1n), 'SHALE_INVALID_ARGUMENT');
  });
});

describe('successors', () => {
  test('nothing lies between a key and its successor', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (key, other) => {
        const next = keySuccessor(key);
        expect(Buffer.compare(key, next)).toBe(-1);
        expect(Buffer.compare(other, key) === 1 && Buffer.compare(other, next) === -1).toBe(false);
      }),
    );
  });

  test("a prefix's successor is above every key that begins with it, and nothing lies in between", () => {
    const bytes = fc.uint8Array({ maxLength: 5, min: 250 });
    fc.assert(
      fc.property(bytes, bytes, (prefix, rest) => {
        const next = prefixSuccessor(prefix);
        if (next === null) {
          expect(prefix.every((byte) => byte === 0xff)).toBe(true);
          return;
        }
        const begins = Uint8Array.of(...prefix, ...rest);
        expect(Buffer.compare(begins, next)).toBe(-1);
        // Every key in [prefix, next) begins with prefix.
        const inside = Buffer.compare(prefix, rest) <= 0 && Buffer.compare(rest, next) < 0;
        expect(inside).toBe(Buffer.compare(rest.subarray(0, prefix.length), prefix) === 0);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [[1], [2]],
    [[1, 0xff], [2]],
    [
      [1, 2, 0xff, 0xff],
      [1, 3],
    ],
    [
      [0, 0],
      [0, 1],
    ],
  ])('%j is followed by %j', (prefix, next) => {
    expect(prefixSuccessor(Uint8Array.from(prefix))).toEqual(Uint8Array.from(next));
  });

  test.each([[[]], [[0xff]], [[0xff, 0xff, 0xff]]])('nothing follows all that begins with %j', (prefix) => {
    expect(prefixSuccessor(Uint8Array.from(prefix))).toBeNull();
  });

  test('their input is not changed', () => {
    const prefix = Uint8Array.of(1, 2, 0xff);
    prefixSuccessor(prefix);
    keySuccessor(prefix);
    expect(prefix).toEqual(Uint8Array.of(1, 2, 0xff));
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TableCounts } from '../dist/frames/table-counts.js';
import { addressOf } from '../dist/table-ref.js';

const ids = [0n, 1n, 2n ** 30n - 1n, 2n ** 30n, 2n ** 32n + 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
const addresses = ids.flatMap((region) =>
  ids.map((table) => addressOf({ region, table }, { instance: 0, shards: 2, shardBy: 'table' })),
);

test('a table is there as long as it was added more often than taken away, whatever its ids', () => {
  const step = fc.record({ at: fc.nat(addresses.length - 1), adds: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const counts = new TableCounts();
      const model = new Map<number, number>();
      for (const { at, adds } of steps) {
        const address = addresses[at] ?? null;
        const before = model.get(at) ?? 0;
        if (adds) counts.add(address);
        else counts.subtract(address);
        model.set(at, adds ? before + 1 : Math.max(0, before - 1));
        expect(addresses.map((each) => counts.has(each))).toEqual(
          addresses.map((_, index) => (model.get(index) ?? 0) > 0),
        );
      }
    }),
    { numRuns: 50 },
  );
});

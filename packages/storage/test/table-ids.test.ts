import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashOfId } from '../dist/append-ids/id-hash.js';
import { TableIds } from '../dist/append-ids/table-ids.js';

const WINDOW = { entries: 300, ageMs: 1e9 };

/** A frame: the ids that it adds, by number, and whether it is in. */
const frame = fc.record({ ids: fc.array(fc.nat(700), { maxLength: 200 }), written: fc.boolean() });

function bytesOf(id: number): Uint8Array {
  // Of many lengths, with others before and after.
  return Uint8Array.from([9, ...Buffer.from(`${id}`.repeat(1 + (id % 40))), 9]);
}

test('the ids of a table are what a map would have, whatever frames add, repeat, forget and take back', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 30 }), (frames) => {
      const ids = new TableIds();
      const find = (id: number): number => {
        const bytes = bytesOf(id);
        const length = bytes.length - 2;
        return ids.find(hashOfId(bytes, 1, length), bytes, 1, length);
      };
      let known = new Map<number, bigint>();
      let last = 0n;
      for (const { ids: added, written } of frames) {
        ids.begin();
        const after = new Map(known);
        let first = last;
        for (const [i, id] of added.entries()) {
          first++;
          const bytes = bytesOf(id);
          const length = bytes.length - 2;
          const row = { low: Number(first), high: 0, entries: 1, time: 1000 };
          ids.add(hashOfId(bytes, 1, length), bytes, 1, length, row);
          if (i === 0) ids.rows.markBegin(ids.mark);
          after.set(id, first);
        }
        const upTo = ids.hasAdded ? ids.forgettable(WINDOW, () => ({ last: first, time: 1000 })) : null;
        ids.settle(written);
        if (!written) continue;
        known = after;
        last = first;
        if (upTo === null) continue;
        // All of a record go, and none that is within the window.
        const least = [...known.values()].filter((each) => last - each < 300n);
        const oldest = ids.at(ids.rows.begin).first;
        expect(oldest).toBeGreaterThan(upTo);
        for (const each of least) expect(each).toBeGreaterThanOrEqual(oldest);
        for (const [id, each] of known) if (each < oldest) known.delete(id);
      }
      for (let id = 0; id <= 700; id++) {
        const row = find(id);
        expect(row < 0 ? undefined : ids.at(row).first).toBe(known.get(id));
      }
    }),
    { numRuns: 60 },
  );
});

test('of many ids none is taken for another one, and each takes 160 bytes at most', () => {
  const ids = new TableIds();
  ids.begin();
  let mistaken = 0;
  const id = Buffer.alloc(36);
  // So many that some surely share a hash, which has 32 bits.
  for (let i = 0; i < 460_000; i++) {
    id.write(`0123456-89ab-cdef-0123-${String(i).padStart(13, '0')}`);
    const hash = hashOfId(id, 0, 36);
    if (ids.find(hash, id, 0, 36) >= 0) mistaken++;
    ids.add(hash, id, 0, 36, { low: i, high: 0, entries: 1, time: 1000 });
  }
  ids.settle(true);
  expect(mistaken).toBe(0);
  expect(ids.bytes / 460_000).toBeLessThan(160);
});

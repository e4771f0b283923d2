import type { TableId } from '@shale/codec';
import type { Log } from '@shale/storage';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FrameAppend, frame } from './frames.js';
import { codeOf, fresh, plantEntry, sequences } from './support.js';

/*
 * Trims that are easy go the short way through the log, with the appends of their frame. An append that expects a
 * sequence makes the whole frame go the long way: both must come to the same.
 */

const aside = { region: 9n, table: 9n };
const TABLES = 6;

interface Outcome {
  readonly firsts: readonly bigint[];
  readonly trims: readonly bigint[];
  readonly code: string | null;
}

function commit(
  log: Log,
  ids: readonly TableId[],
  changes: readonly FrameAppend[],
  { isLong, sync, fails }: { isLong: boolean; sync: boolean; fails: boolean },
): Outcome {
  const extra = { table: ids.length, count: 0, expect: log.nextSequence(aside) };
  const made = isLong ? frame([...ids, aside], [...changes, extra], { sync }) : frame(ids, changes, { sync });
  if (fails && made.entryCount > 0) {
    const code = codeOf(() => log.commit({ ...made, data: made.data.subarray(1) })) ?? null;
    return { firsts: [], trims: [], code };
  }
  const { firsts, trims, errors } = log.commit(made);
  expect(errors).toEqual([]);
  return { firsts: [...firsts].slice(0, changes.length), trims: [...trims], code: null };
}

const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ table: fc.nat(TABLES - 1), count: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(TABLES - 1), fc.oneof(fc.bigInt(0n, 80n), fc.constant(2n ** 64n - 1n)))
      .map(([table, trims]) => ({ table, count: 0, trims })),
  },
);

const steps = fc.array(
  fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 14 }),
    sync: fc.boolean(),
    fails: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 10 },
);

test('trims come to the same on the short way and the long one, also around writes that fail', async () => {
  const short = await fresh();
  const long = await fresh();
  let base = 0n;
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(3), async (some, planted) => {
      base += 100n;
      const ids = Array.from({ length: TABLES }, (_, i) => ({
        region: BigInt(i % 2) * 2n ** 40n,
        table: (i < 3 ? 0n : 2n ** 32n - 3n) + base + BigInt(i),
      }));
      // Tables with holes, and one that begins at 0, as other systems leave them.
      for (const log of [short, long]) {
        for (const id of ids.slice(0, planted)) {
          await plantEntry(log, id, 3n);
          await plantEntry(log, id, 7n);
        }
        if (planted > 0) await plantEntry(log, ids[TABLES - 1] ?? aside, 0n);
      }
      for (const { changes, sync, fails } of some) {
        const one = commit(short, ids, changes, { isLong: false, sync, fails });
        expect(one).toEqual(commit(long, ids, changes, { isLong: true, sync, fails }));
        for (const id of ids) {
          expect(short.nextSequence(id)).toBe(long.nextSequence(id));
          expect(short.firstSequence(id)).toBe(long.firstSequence(id));
        }
      }
      for (const id of ids) expect(sequences(short, id)).toEqual(sequences(long, id));
      expect(short.stats().counters.trims).toBe(long.stats().counters.trims);
    }),
    { numRuns: 60 },
  );
});

test('a trim of the short way counts as a trim, removes as one, and goes no further than the last entry', async () => {
  const log = await fresh();
  const ids = [
    { region: 1n, table: 1n },
    { region: 1n, table: 2n },
  ];
  log.commit(
    frame(
      ids,
      ids.map((_, table) => ({ table, count: 70 })),
    ),
  );
  const { trims } = log.commit(
    frame(ids, [
      { table: 0, count: 0, trims: 100n },
      { table: 1, count: 0, trims: 3n },
    ]),
  );
  expect([...trims]).toEqual([70n, 70n, 70n, 3n]);
  expect([sequences(log, ids[0] ?? aside), sequences(log, ids[1] ?? aside).length]).toEqual([[], 67]);
  expect(log.stats().counters).toMatchObject({ appends: 2, trims: 2 });
});

test('a table that a frame finds unwritten stays so, though the frame trims the same table of another region', async () => {
  const log = await fresh();
  const ids = [
    { region: 1n, table: 5n },
    { region: 2n, table: 5n },
  ];
  const [trimmed = aside, unwritten = aside] = ids;
  log.append(
    trimmed,
    [1, 2, 3].map((n) => Uint8Array.of(n)),
  );
  log.commit(
    frame(
      ids,
      [
        { table: 0, count: 0, trims: 2n },
        { table: 1, count: 0 },
      ],
      { sync: true },
    ),
  );
  // The metadata record is one for both regions, and says 3.
  expect(log.append(unwritten, [Uint8Array.of(1)]).first).toBe(1n);
});

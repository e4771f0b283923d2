import type { TableId } from '@shale/codec';
import type { Log } from '@shale/storage';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FrameAppend, frame } from './frames.js';
import { codeOf, fill, fresh, plantEntry, sequences } from './support.js';

/*
 * Frames of appends alone go a short way through the log. An append that expects a sequence makes its whole frame go
 * the long way: both must come to the same.
 */

const aside = { region: 9n, table: 9n };

/** Commits a frame the long way, if asked to: together with an append to another table. */
function firstsOf(
  log: Log,
  tables: readonly TableId[],
  appends: readonly FrameAppend[],
  isLong: boolean,
): bigint[] {
  const extra = { table: tables.length, count: 1, expect: log.nextSequence(aside) };
  const made = isLong ? frame([...tables, aside], [...appends, extra]) : frame(tables, appends);
  const { firsts, trims, errors } = log.commit(made);
  expect([trims.length, errors.length]).toEqual([0, 0]);
  return [...firsts].slice(0, appends.length);
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        tables: fc.array(fc.nat(11), { minLength: 1, maxLength: 6 }),
        appends: fc.array(fc.record({ table: fc.nat(5), count: fc.nat(3), joins: fc.boolean() }), {
          maxLength: 8,
        }),
        fails: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), table: fc.nat(11) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), table: fc.nat(11) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('look' as const), table: fc.nat(11) }) },
  ),
  { maxLength: 12 },
);

test('the short way comes to what the long way comes to, also around writes that fail', async () => {
  const short = await fresh();
  const long = await fresh();
  let base = 0n;
  await fc.assert(
    fc.asyncProperty(steps, async (some) => {
      base += 100n;
      // Ids around those that fit into words of 32 bits.
      const ids = Array.from({ length: 12 }, (_, i) => ({
        region: BigInt(i % 2) * 2n ** 40n,
        table: (i < 6 ? 0n : 2n ** 32n - 3n + 2n ** 62n) + base + BigInt(i),
      }));
      const idOf = (index: number): TableId => ids[index] ?? aside;
      for (const step of some) {
        if (step.do === 'append') {
          const tables = step.tables.map(idOf);
          const appends = step.appends.map((append, i) => ({
            ...append,
            table: append.table % tables.length,
            joins: i > 0 && append.joins,
          }));
          if (step.fails && appends.some(({ count }) => count > 0)) {
            for (const log of [short, long]) {
              const made =
                log === short
                  ? frame(tables, appends)
                  : frame(
                      [...tables, aside],
                      [...appends, { table: tables.length, count: 0, expect: log.nextSequence(aside) }],
                    );
              const torn = { ...made, data: made.data.subarray(1) };
              expect(codeOf(() => log.commit(torn))).toBe('SHALE_INVALID_ARGUMENT');
            }
          }
          expect(firstsOf(short, tables, appends, false)).toEqual(firstsOf(long, tables, appends, true));
        } else if (step.do === 'look') {
          expect(short.lastSequence(idOf(step.table))).toBe(long.lastSequence(idOf(step.table)));
        } else {
          for (const log of [short, long]) {
            if (step.do === 'drop') log.drop(idOf(step.table), { sync: false });
            else log.trim(idOf(step.table), log.lastSequence(idOf(step.table)) / 2n + 1n, { sync: false });
          }
        }
      }
      for (const id of ids) {
        expect(short.nextSequence(id)).toBe(long.nextSequence(id));
        expect(short.firstSequence(id)).toBe(long.firstSequence(id));
        expect(sequences(short, id)).toEqual(sequences(long, id));
      }
    }),
    { numRuns: 150 },
  );
});

test('of tables that a failed write, or an empty append, has touched first nothing is kept', async () => {
  const log = await fresh();
  const tables = Array.from({ length: 5000 }, (_, i) => ({ region: 1n, table: BigInt(i) }));
  const appends = tables.map((_, table) => ({ table, count: table % 2 }));
  const made = frame(tables, appends);
  expect(codeOf(() => log.commit({ ...made, data: made.data.subarray(1) }))).toBe('SHALE_INVALID_ARGUMENT');
  expect(log.stats().tablesKnown).toBe(0);
  expect([...log.commit(made).firsts]).toEqual(appends.map(({ count }) => BigInt(count)));
  expect(log.stats().tablesKnown).toBe(2500);
  expect(log.stats().counters).toMatchObject({ appends: 5000, entriesWritten: 2500, writes: 1 });
});

test('sequences pass from one word to the next, and a frame beyond the last one is refused in part', async () => {
  const log = await fresh();
  const [low, high] = [
    { region: 1n, table: 1n },
    { region: 1n, table: 2n },
  ];
  await plantEntry(log, low, 2n ** 32n - 2n);
  await plantEntry(log, high, 2n ** 64n - 3n);
  const of = (counts: readonly number[]) =>
    log.commit(
      frame(
        [low, high],
        counts.map((count, i) => ({ table: i % 2, count })),
      ),
    );
  expect([...of([1, 1, 1, 0, 2]).firsts]).toEqual([
    2n ** 32n - 1n,
    2n ** 64n - 2n,
    2n ** 32n,
    2n ** 64n - 2n,
    2n ** 32n + 1n,
  ]);
  const { firsts, errors } = of([1, 2, 1, 1]);
  expect(errors.map(({ append, error }) => [append, error.code])).toEqual([[1, 'SHALE_SEQUENCE_EXHAUSTED']]);
  expect([...firsts]).toEqual([2n ** 32n + 3n, 0n, 2n ** 32n + 4n, 2n ** 64n - 1n]);
  expect(log.nextSequence(high)).toBe(2n ** 64n);
  expect(log.lastSequence(low)).toBe(2n ** 32n + 4n);
});

test('a table that was looked at before it was written is not recovered again when another region trims', async () => {
  const log = await fresh();
  const [id, twin] = [
    { region: 1n, table: 5n },
    { region: 2n, table: 5n },
  ];
  expect(log.lastSequence(id)).toBe(0n);
  fill(log, twin, 3);
  log.trim(twin, 3n, { sync: false });
  expect([...log.commit(frame([id, twin], [{ table: 0, count: 1 }])).firsts]).toEqual([1n]);
  expect(log.lastSequence(id)).toBe(1n);
});

// Waits of `table.durable` that are given up, among others that are not.
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { behind, bytes, open } from './support.js';

const MOST = 6n;
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait' as const), sequence: fc.bigInt(1n, MOST) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('give up' as const),
      which: fc.nat(),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('append' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sync' as const) }) },
);

interface Waiting {
  readonly number: number;
  readonly sequence: bigint;
  readonly controller: AbortController;
}

test('waits that are entered and given up in any order end as a model says, lower sequences first', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  let run = 0n;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const table = wal.table({ region: 1n, table: run++ });
      let told: string[] = [];
      let waiting: Waiting[] = [];
      let count = 0;
      let last = 0n;
      let durable = 0n;
      /** Resolves when all that is known has been told; a refusal takes a turn. */
      const tell = async (): Promise<void> => {
        await table.lastSequence();
        await behind(wal).follows.settle();
        for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
      };
      const forget = (numbers: readonly string[]): void => {
        waiting = waiting.filter(({ number }) => !numbers.includes(`${number} durable`));
      };
      for (const each of [...steps, { do: 'sync' as const }]) {
        const expected: string[] = [];
        if (each.do === 'wait') {
          const number = count++;
          const controller = new AbortController();
          waiting.push({ number, sequence: each.sequence, controller });
          table.durable(each.sequence, { signal: controller.signal }).then(
            () => told.push(`${number} durable`),
            () => told.push(`${number} given up`),
          );
        } else if (each.do === 'give up') {
          for (let i = 0; i < each.count && waiting.length > 0; i++) {
            const [given] = waiting.splice(each.which % waiting.length, 1);
            given?.controller.abort();
            expected.push(`${given?.number} given up`);
          }
        } else if (each.do === 'append') {
          if (last < MOST) last = await table.append(bytes('x'));
        } else {
          await wal.sync();
          durable = last;
          const over = waiting.filter(({ sequence }) => sequence <= durable);
          over.sort((one, other) => Number(one.sequence - other.sequence) || one.number - other.number);
          expected.push(...over.map(({ number }) => `${number} durable`));
        }
        await tell();
        if (each.do === 'wait') {
          // It may end at once, if that much is known.
          const known = waiting.filter(({ sequence }) => sequence <= durable);
          expect(known.map(({ number }) => `${number} durable`)).toEqual(expect.arrayContaining(told));
        } else expect(told).toEqual(expected);
        forget(told);
        told = [];
      }
      for (const { controller } of waiting) controller.abort();
      await tell();
      expect(told).toEqual(waiting.map(({ number }) => `${number} given up`));
      expect(behind(wal).follows.size).toBe(0);
    }),
    { numRuns: 20 },
  );
});

test('giving up a great many waits of a table does not go through all of them for each', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1n, table: 1n });
  await table.append(bytes('x'));
  const count = 2000;
  const controllers = Array.from({ length: count }, () => new AbortController());
  const given = controllers.map(({ signal }) => table.durable(1n, { signal }).catch(() => 'given up'));
  const kept = Array.from({ length: 10 }, () => table.durable(1n));
  await table.lastSequence();
  await behind(wal).follows.settle();
  let seen = 0;
  const { splice, filter } = Array.prototype;
  const spies = [
    vi.spyOn(Array.prototype, 'splice').mockImplementation(function (this: unknown[], ...args) {
      seen += this.length;
      return splice.apply(this, args);
    }),
    vi.spyOn(Array.prototype, 'filter').mockImplementation(function (this: unknown[], ...args) {
      seen += this.length;
      return filter.apply(this, args);
    }),
  ];
  try {
    for (const controller of controllers) controller.abort();
    await Promise.all(given);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(seen).toBeLessThan(10 * count);
  await wal.sync();
  await Promise.all(kept);
  expect(behind(wal).follows.size).toBe(0);
});

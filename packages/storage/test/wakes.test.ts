import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Wakes } from '../dist/retention/wakes.js';

const item = fc.integer({ min: 0, max: 9 });
const moment = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }),
  fc.integer({ min: 0, max: 2 ** 40 }),
  fc.constant(Number.POSITIVE_INFINITY),
);
const step = fc.oneof(
  fc.record({ is: fc.constant('set' as const), item, ms: moment }),
  fc.record({ is: fc.constant('take' as const), forward: fc.integer({ min: -20_000, max: 60_000 }) }),
);

test('whatever waits is found within a second of its moment, once, and not before, though the clock goes back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const wakes = new Wakes<number>();
      const waiting = new Map<number, number>();
      let now = 0;
      let latest = 0;
      for (const each of steps) {
        if (each.is === 'set') {
          wakes.set(each.item, each.ms);
          if (each.ms === Number.POSITIVE_INFINITY) waiting.delete(each.item);
          else waiting.set(each.item, each.ms);
        } else {
          now = Math.max(0, now + each.forward);
          latest = Math.max(latest, now);
          for (const found of wakes.take(now)) {
            expect(waiting.get(found)).toBeLessThanOrEqual(latest);
            expect(waiting.delete(found)).toBe(true);
          }
          for (const ms of waiting.values()) expect(ms).toBeGreaterThan(now - 1000);
        }
        for (let i = 0; i < 10; i++) expect(wakes.has(i)).toBe(waiting.has(i));
      }
    }),
  );
});

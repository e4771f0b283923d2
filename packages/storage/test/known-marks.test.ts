import type { TimeMark } from '@shale/codec';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KnownMarks } from '../dist/retention/known-marks.js';
import { ReadingTime } from '../dist/retention/reading-time.js';
import { passedMarks, sequenceAt } from '../dist/retention/time-marks.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('mark' as const), by: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('trim' as const), to: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ do: fc.constant('read' as const) }),
  ),
  { maxLength: 60 },
);

test('what is known of marks answers as all of them do, or not at all', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      let all: TimeMark[] = [];
      let known = new KnownMarks(all);
      let [ms, sequence] = [0n, 0n];
      for (const step of taken) {
        if (step.do === 'mark') {
          ms += BigInt(step.by);
          sequence += BigInt(step.by);
          expect(known.takes({ ms, sequence })).toBe(true);
          known.add({ ms, sequence });
          all.push({ ms, sequence });
        } else if (step.do === 'trim') {
          const first = (sequence * BigInt(step.to)) / 100n;
          const passed = known.passed(first);
          if (passed === null) known = new KnownMarks(all);
          else expect(passed).toEqual(passedMarks(all, first));
          known.drop(passedMarks(all, first).length);
          all = all.slice(passedMarks(all, first).length);
        } else known = new KnownMarks(all);
        expect(known.last).toEqual(all.at(-1) ?? null);
        expect(known.all ?? all).toEqual(all);
        for (let at = 0n; at <= ms + 1n; at++) {
          const marks = known.upToAfter(at);
          if (marks !== null) expect(sequenceAt(marks, at)).toBe(sequenceAt(all, at));
        }
      }
    }),
  );
});

test('a mark that comes before one that there is, in time or in the table, is not simply added', () => {
  const known = new KnownMarks([{ ms: 10n, sequence: 100n }]);
  expect(known.takes({ ms: 10n, sequence: 101n })).toBe(false);
  expect(known.takes({ ms: 11n, sequence: 99n })).toBe(false);
  expect(known.takes({ ms: 11n, sequence: 100n })).toBe(true);
});

test('reading takes a hundredth of the time, after what was saved up in a second', () => {
  const time = new ReadingTime();
  const read = () => time.spend(() => vi.advanceTimersByTime(1) ?? true) !== null;
  vi.advanceTimersByTime(5000);
  let reads = 0;
  while (reads < 100 && read()) reads++;
  expect(reads).toBeGreaterThanOrEqual(10);
  expect(reads).toBeLessThanOrEqual(12);
  for (let ms = 0; ms < 5000; ms++) {
    vi.advanceTimersByTime(1);
    if (read()) reads++;
  }
  expect(reads).toBeGreaterThanOrEqual(55);
  expect(reads).toBeLessThanOrEqual(62);
});

test('a read that fails counts as one', () => {
  const time = new ReadingTime();
  const fail = (): never => {
    vi.advanceTimersByTime(100);
    throw new Error('unreadable');
  };
  vi.advanceTimersByTime(5000);
  expect(() => time.spend(fail)).toThrow('unreadable');
  expect(time.spend(() => true)).toBe(null);
});

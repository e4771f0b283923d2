import { describe, expect, test } from 'vitest';
// Internal: the levels that it plans for take a database far larger than a test can make.
import { type PlannedFile, ReclaimPlan } from '../dist/space/reclaim-plan.js';

const key = (text: string): Uint8Array => Buffer.from(text);

/** A file from a letter to another. */
function file(level: number, from: string, to: string, size: number): PlannedFile {
  return { level, size, smallest: key(from), largest: key(to) };
}

/** What is worth it, as 'from-to', when ranges hold so many bytes of trimmed entries. */
function worthwhile(
  files: readonly PlannedFile[],
  trimmed: readonly (readonly [from: string, to: string, bytes: number])[],
  minRatio = 0.5,
): string[] {
  const plan = new ReclaimPlan(files);
  const gains = new Float64Array(plan.count);
  for (const [from, to, bytes] of trimmed) {
    const pieces = plan.piecesOf({ lower: key(from), upper: key(to) });
    for (const { unit } of pieces) gains[unit] = (gains[unit] ?? 0) + bytes / pieces.length;
  }
  return plan
    .worthwhile(gains, minRatio)
    .map(({ lower, upper }) => `${Buffer.from(lower)}-${Buffer.from(upper)}`);
}

const bottom = [file(6, 'a', 'c', 100), file(6, 'd', 'f', 100), file(6, 'g', 'i', 100)];

describe('worthwhile', () => {
  test('names the files of which trimmed entries are a large enough share, and no others', () => {
    expect(worthwhile(bottom, [['a', 'b', 49]])).toEqual([]);
    expect(worthwhile(bottom, [['a', 'b', 50]])).toEqual(['a-c']);
    expect(worthwhile(bottom, [['a', 'b', 50]], 0.6)).toEqual([]);
    expect(
      worthwhile(bottom, [
        ['g', 'h', 90],
        ['a', 'b', 60],
        ['d', 'e', 20],
      ]),
    ).toEqual(['a-c', 'g-i']);
  });

  test('adds up what several tables gain in one file', () => {
    expect(
      worthwhile(bottom, [
        ['d', 'd5', 20],
        ['e', 'e5', 20],
        ['f', 'f5', 20],
      ]),
    ).toEqual(['d-f']);
  });

  test('counts the files above with what they share of the keys', () => {
    const above = file(5, 'a', 'f', 80);
    expect(worthwhile([...bottom, above], [['a', 'b', 69]])).toEqual([]);
    expect(worthwhile([...bottom, above], [['a', 'b', 70]])).toEqual(['a-c']);
    expect(worthwhile([...bottom, above], [['g', 'h', 50]])).toEqual(['g-i']);
  });

  test('takes a file that lies above nothing for one by itself', () => {
    expect(worthwhile([...bottom, file(5, 'k', 'm', 10)], [['l', 'm', 6]])).toEqual(['k-m']);
  });

  test('counts all of level 0, and what lies below it, when a compaction would take it along', () => {
    const everywhere = file(0, 'a', 'i', 30);
    // 100 and 30 of level 0, and the two other files that level 0 lies above.
    expect(worthwhile([...bottom, everywhere], [['a', 'b', 100]])).toEqual([]);
    const gains = [
      ['a', 'b', 70],
      ['d', 'e', 70],
      ['g', 'h', 70],
    ] as const;
    expect(worthwhile([...bottom, everywhere], gains)).toEqual(['a-c', 'd-f', 'g-i']);
    // Level 0 goes to the highest level that has any files: the bottom is not read for it.
    const between = [file(3, 'a', 'a', 1), everywhere];
    expect(worthwhile([...bottom, ...between], [['a', 'b', 100]])).toEqual(['a-c']);
  });

  test('leaves level 0 out of it where no compaction would meet it', () => {
    expect(worthwhile([...bottom, file(0, 'g', 'i', 900)], [['a', 'b', 60]])).toEqual(['a-c']);
  });

  test('takes files of level 0 that lie above nothing as one where they overlap', () => {
    const level0 = [file(0, 'a', 'd', 50), file(0, 'c', 'f', 50), file(0, 'x', 'z', 50)];
    expect(worthwhile(level0, [['a', 'b', 49]])).toEqual([]);
    expect(worthwhile(level0, [['a', 'b', 50]])).toEqual(['a-f']);
    expect(worthwhile(level0, [['x', 'z', 30]])).toEqual(['x-z']);
  });

  test('has nothing for a database without files, and for ranges beside all of them', () => {
    expect(worthwhile([], [['a', 'b', 50]])).toEqual([]);
    expect(worthwhile(bottom, [['m', 'n', 50]])).toEqual([]);
  });
});

test('piecesOf() cuts a range at the ends of the files', () => {
  const plan = new ReclaimPlan(bottom);
  const pieces = plan.piecesOf({ lower: key('b'), upper: key('h') });
  expect(
    pieces.map(({ unit, lower, upper }) => [
      unit,
      Buffer.from(lower).toString(),
      Buffer.from(upper).toString(),
    ]),
  ).toEqual([
    [0, 'b', 'c\0'],
    [1, 'd', 'f\0'],
    [2, 'g', 'h'],
  ]);
});

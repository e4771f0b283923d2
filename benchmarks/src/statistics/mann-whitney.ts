/**
 * The two-sided exact p-value of the Mann-Whitney U test: how often a random split of all values into two groups of
 * these sizes would set their ranks at least so far apart. Ties share their mean rank, and are counted exactly.
 */
export function mannWhitneyP(a: readonly number[], b: readonly number[]): number {
  const ranks = doubledRanks([...a, ...b]);
  const observed = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0);
  const splits = countSums(ranks, a.length);
  // The doubled ranks of n values sum up to n(n+1), of which a group gets its share on average.
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const expected = (total * a.length) / ranks.length;
  let all = 0;
  let extreme = 0;
  splits.forEach((count, sum) => {
    all += count;
    if (Math.abs(sum - expected) >= Math.abs(observed - expected) - 1e-9) extreme += count;
  });
  return extreme / all;
}

/** Twice the rank of each value, from 2 on; equal values share the mean of theirs. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort((x, y) => x - y);
  return values.map((value) => sorted.indexOf(value) + sorted.lastIndexOf(value) + 2);
}

/** For each sum, how many subsets of `size` of the ranks have it. */
function countSums(ranks: readonly number[], size: number): Map<number, number> {
  const bySize: Map<number, number>[] = Array.from({ length: size + 1 }, () => new Map<number, number>());
  bySize[0]?.set(0, 1);
  for (const rank of ranks) {
    for (let taken = size; taken > 0; taken--) {
      const target = bySize[taken];
      for (const [sum, count] of bySize[taken - 1] ?? []) {
        target?.set(sum + rank, (target.get(sum + rank) ?? 0) + count);
      }
    }
  }
  return bySize[size] ?? new Map<number, number>();
}

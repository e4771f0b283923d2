import { seededRandom } from '@shale/bench-kit';

/** Numbers that a seed decides. */
export interface Random {
  /** An integer of 0 to `below - 1`. */
  below(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  /** One of the items. */
  of<T>(items: readonly [T, ...T[]]): T;
}

/** A generator of pseudo-random numbers. */
export function randomFrom(seed: number): Random {
  const next = seededRandom(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    once: (times) => below(times) === 0,
    of: (items) => items[below(items.length)] ?? items[0],
  };
}

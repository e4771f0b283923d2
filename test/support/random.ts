/** Numbers that a seed decides. */
export interface Random {
  /** An integer of 0 to `below - 1`. */
  below(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  /** One of the items. */
  of<T>(items: readonly [T, ...T[]]): T;
}

/** A generator of pseudo-random numbers (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    once: (times) => below(times) === 0,
    of: (items) => items[below(items.length)] ?? items[0],
  };
}

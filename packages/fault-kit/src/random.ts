import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Decisions that follow from a seed alone. */
export class Random {
  readonly #generator: RandomGenerator;

  /** @param seed an integer; its lower 32 bits count */
  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed | 0);
  }

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.integer(1, 1_000_000) <= probability * 1_000_000;
  }

  /** One of the items. Throws a RangeError when there is none. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('there is nothing to pick from');
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** One of the names, each as likely as its weight is large. Throws a RangeError when all weights are 0. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    // Keys of a record of K are K.
    const names = Object.keys(weights) as K[];
    const total = names.reduce((sum, name) => sum + weights[name], 0);
    let at = this.integer(1, 1_000_000) / 1_000_000;
    at *= total;
    for (const name of names) {
      if (weights[name] > 0 && at <= weights[name]) return name;
      at -= weights[name];
    }
    const last = names.findLast((name) => weights[name] > 0);
    if (last === undefined) throw new RangeError('all weights are 0');
    return last;
  }

  /** 32 random bits, signed. */
  bits(): number {
    return this.#generator.next();
  }
}

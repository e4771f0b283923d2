import type { Random } from '../../support/random.js';

/** Bytes that the generator's seed decides. */
export function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

import type { Spread } from '../report/spec.js';
import { seededRandom } from './random.js';

/** How many picks are prepared; then they repeat. A power of two. */
const PICKS = 1 << 16;
const ZIPF_EXPONENT = 0.99;

/** An endless sequence of table numbers, 0 to below `tables`, the same for the same seed. Cheap: made in advance. */
export function tablePicks(tables: number, spread: Spread, seed: number): () => number {
  const random = seededRandom(seed ^ 0x7ab1e5);
  const picks = new Uint32Array(PICKS);
  if (spread === 'uniform') {
    for (let i = 0; i < PICKS; i++) picks[i] = Math.floor(random() * tables);
  } else {
    const cumulative = zipfCumulative(tables);
    // The popular tables are scattered over the numbers, as they are over real ids.
    const scattered = shuffled(tables, random);
    for (let i = 0; i < PICKS; i++) picks[i] = scattered[firstAbove(cumulative, random())] ?? 0;
  }
  let next = 0;
  return () => picks[next++ & (PICKS - 1)] ?? 0;
}

/** For each rank, the probability of picking this rank or a more popular one. */
function zipfCumulative(tables: number): Float64Array {
  const cumulative = new Float64Array(tables);
  let sum = 0;
  for (let rank = 0; rank < tables; rank++) {
    sum += 1 / (rank + 1) ** ZIPF_EXPONENT;
    cumulative[rank] = sum;
  }
  return cumulative.map((value) => value / sum);
}

function firstAbove(cumulative: Float64Array, value: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 1) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function shuffled(count: number, random: () => number): Uint32Array {
  const numbers = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    const mine = numbers[i] ?? 0;
    numbers[i] = numbers[other] ?? 0;
    numbers[other] = mine;
  }
  return numbers;
}

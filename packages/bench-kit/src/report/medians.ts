import { median } from '../statistics/median.js';
import { isMeasureName, type MeasureName, type Measures } from './measures.js';

/** For each measure the median over the rounds that have it. */
export function medians(rounds: readonly Measures[]): Measures {
  const values = new Map<MeasureName, number[]>();
  for (const round of rounds) {
    for (const [name, value] of Object.entries(round)) {
      if (!isMeasureName(name)) continue;
      const list = values.get(name) ?? [];
      list.push(value);
      values.set(name, list);
    }
  }
  return Object.fromEntries([...values].map(([name, list]) => [name, median(list)]));
}

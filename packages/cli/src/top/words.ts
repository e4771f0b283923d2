import { formatCount, formatDuration, formatRate } from '../output/units.js';
import type { View } from './view.js';

/** A share of 0 to 1. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** How long an append or a sync took: finer than other times. */
export function latency(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : formatDuration(ms);
}

/** What somebody has to look at, one sentence for each. */
export function troubles({ rates, disk, restarts }: Pick<View, 'rates' | 'disk' | 'restarts'>): string[] {
  return [
    ...(rates.failedFrames > 0 ? [`${formatRate(rates.failedFrames)} frames fail`] : []),
    ...(disk.damagedFiles > 0
      ? [`${formatCount(disk.damagedFiles)} damaged files: shale stats names them`]
      : []),
    ...(restarts > 0 ? [`${formatCount(restarts)} threads have died and were replaced`] : []),
  ];
}

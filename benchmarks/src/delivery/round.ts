import { Payloads } from '@shale/bench-kit';
import type { Table } from '@shale/engine';

export const ENTRY_BYTES = 100;

/** A way of acknowledging, and what it promises a follower. */
export interface Way {
  readonly durability: 'sync' | 'os';
  readonly visibility: 'durable' | 'acknowledged';
}

export const WAYS: readonly Way[] = [
  { durability: 'sync', visibility: 'durable' },
  { durability: 'os', visibility: 'acknowledged' },
];

/** How long each append took, in milliseconds from its call on, in ascending order. */
export interface Round {
  readonly acknowledged: Float64Array;
  readonly delivered: Float64Array;
}

/** Some appenders append one entry after the other to a table, and a follower that is caught up is given them. */
export async function runRound(
  table: Table,
  { durability, visibility }: Way,
  { appenders, appends }: { readonly appenders: number; readonly appends: number },
): Promise<Round> {
  const payload = new Payloads(ENTRY_BYTES, 1).one();
  await using follow = table.follow({ from: 'end', visibility });
  await follow.ready;
  const begun = new Float64Array(appends);
  const acknowledged = new Float64Array(appends);
  const delivered = new Float64Array(appends);
  let next = 0;
  const following = (async () => {
    let given = 0;
    for await (const chunk of follow.chunks()) {
      const now = performance.now();
      // The appends of a table are in the order of their calls.
      for (let i = 0; i < chunk.length; i++, given++) delivered[given] = now - (begun[given] ?? Number.NaN);
      if (given === appends) return;
    }
  })();
  const appender = async (): Promise<void> => {
    while (next < appends) {
      const index = next++;
      begun[index] = performance.now();
      await table.append(payload, { durability });
      acknowledged[index] = performance.now() - (begun[index] ?? Number.NaN);
    }
  };
  await Promise.all([following, ...Array.from({ length: appenders }, appender)]);
  return { acknowledged: acknowledged.sort(), delivered: delivered.sort() };
}

/** A percentile of times in ascending order. */
export function percentile(times: Float64Array, of: number): number {
  return times[Math.min(times.length - 1, Math.floor((times.length * of) / 100))] ?? Number.NaN;
}

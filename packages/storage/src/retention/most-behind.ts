import { setImmediate as nextTurn } from 'node:timers/promises';
import { instanceRange } from '@shale/codec';
import type { Consumers } from '../consumers/consumers.js';
import { heads } from '../lists/heads.js';
import { nameOfTable } from '../names/records.js';
import type { LogContext } from '../tables/context.js';
import type { Coverage } from './coverage.js';
import { Holders } from './holders.js';

/** A consumer that keeps entries from going. */
export interface Holder {
  /** Its name. */
  readonly consumer: string;
  /** Entries that are there, and that it is not done with, of tables that are retained for consumers. */
  readonly lag: bigint;
}

/** After so many tables the thread serves others. */
const AT_ONCE = 256;

/** The consumer that the most entries are kept for; null where none are. Throws SHALE_CORRUPT. */
export async function mostBehind(
  context: LogContext,
  consumers: Consumers,
  coverage: Coverage,
): Promise<Holder | null> {
  const named = consumers.list();
  if (coverage.isEmpty || named.length === 0) return null;
  const holders = new Holders(context, consumers);
  const lags = new Map<bigint, bigint>();
  let n = 0;
  // What cannot be read is for others to tell.
  for (const { id, first, last } of heads(context, instanceRange(context.instance), () => undefined)) {
    if (++n % AT_ONCE === 0) await nextTurn();
    const keep = coverage.of(id, (of) => nameOfTable(context, of))?.keep;
    if (keep === undefined || (keep.entries === null && keep.bytes === null && keep.ageMs === null)) continue;
    for (const { consumer, position } of holders.readersOf(id)) {
      // What is gone is kept for nobody.
      const behind = last - (position < first ? first - 1n : position);
      if (behind > 0n) lags.set(consumer, (lags.get(consumer) ?? 0n) + behind);
    }
  }
  let most: Holder | null = null;
  for (const { consumer, name } of named) {
    const lag = lags.get(consumer) ?? 0n;
    if (lag > (most?.lag ?? 0n)) most = { consumer: name, lag };
  }
  return most;
}

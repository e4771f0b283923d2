import { setImmediate as nextTurn } from 'node:timers/promises';
import { instanceRange, type TableId } from '@shale/codec';
import { heads, type TableHead } from '../lists/heads.js';
import { nameOfTable } from '../names/records.js';
import type { LogContext } from '../tables/context.js';
import { tableBytes } from './byte-cuts.js';
import type { Coverage } from './coverage.js';

/** This part of a table goes at a time. */
const PART = 8n;
/** Of tables that are this much smaller than the largest nothing goes. */
const SMALLER = 4;
/** After so many tables the thread serves others. */
const AT_ONCE = 256;

/**
 * The oldest entries of tables that yield to a disk budget: an eighth of each of the largest ones. Of each table its
 * region, its id, and the last sequence that is to go.
 */
export async function yielding(
  context: LogContext,
  coverage: Coverage,
  owns: (id: TableId) => boolean,
): Promise<BigUint64Array> {
  const found: TableHead[] = [];
  let n = 0;
  // What cannot be read is for others to tell.
  for (const head of heads(context, instanceRange(context.instance), () => undefined)) {
    if (++n % AT_ONCE === 0) await nextTurn();
    const retention = owns(head.id) ? coverage.of(head.id, (id) => nameOfTable(context, id)) : null;
    if (retention?.yieldsToDisk === true) found.push(head);
  }
  const sizes = await tableBytes(
    context,
    found.map(({ id }) => id),
  );
  const least = sizes.reduce((most, size) => Math.max(most, size), 0) / SMALLER;
  const trims: bigint[] = [];
  for (const [i, { id, first, last }] of found.entries()) {
    if ((sizes[i] ?? 0) >= least) trims.push(id.region, id.table, first + (last - first) / PART);
  }
  return BigUint64Array.from(trims);
}

import { sequenceRange, type TableId } from '@shale/codec';
import { foreignKey } from '../errors.js';
import type { LogContext } from '../tables/context.js';
import type { SequenceSpan } from './range.js';
import { layoutOf, type ReadChunk, runAt } from './scan-layout.js';
import { scanSpan } from './scan-span.js';
import { requireNotTrimmed } from './trimmed.js';

/**
 * Reads a span from `to` down to `from` into a buffer, as many entries as fit; to go on, its `to` is the `next` of the
 * chunk before. Throws as `readChunk` does: SHALE_TRIMMED when entries that it has not reached were trimmed.
 */
export function scanBackwards(
  context: LogContext,
  id: TableId,
  span: SequenceSpan,
  into: ArrayBuffer,
  maxEntries: number,
): ReadChunk {
  const { from, to } = span;
  // It ends at the entry behind `to`, so that a foreign key between the two cannot be stepped over between chunks.
  const keys = sequenceRange(context.instance, id, from, to);
  const result = scanSpan(context, id, span, keys, into, maxEntries);
  const layout = layoutOf(result);
  if (result.neededBytes > 0) return { layout, next: to, neededBytes: result.neededBytes };
  if (result.entries === 0) {
    const { foreign } = result;
    if (foreign !== undefined)
      throw foreignKey(foreign.key, foreign.reason, { path: context.path, table: id });
    requireNotTrimmed(context, id, from);
    return { layout, next: null, neededBytes: 0 };
  }
  const lowest = runAt(into, layout, layout.runs - 1);
  const reached = lowest.first - BigInt(lowest.count - 1);
  // Where nothing is left below although the span goes on, the next chunk says whether it was trimmed.
  return { layout, next: reached > from ? reached - 1n : null, neededBytes: 0 };
}

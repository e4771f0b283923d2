import { setTimeout } from 'node:timers/promises';
import { WalError } from '@shale/codec';
import type { Inspection } from '@shale/engine/admin';
import { type View, viewOf } from './view.js';

/** A view of each interval, in seconds, until the signal. */
export async function* look(
  inspection: Inspection,
  interval: number,
  signal: AbortSignal,
): AsyncGenerator<View, void> {
  let before = await inspection.metrics();
  let at = performance.now();
  for (;;) {
    await setTimeout(interval * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const tables = await inspection.tables();
    const after = await inspection.metrics();
    const now = performance.now();
    yield viewOf(inspection.pid, before, after, (now - at) / 1000, tables);
    before = after;
    at = now;
  }
}

/** What is said when the process has closed its log, which is the end of looking and no error; null for what is one. */
export function closingOf(error: unknown): string | null {
  if (!(error instanceof WalError) || error.code !== 'SHALE_CLOSED') return null;
  return error.details?.pid === undefined ? null : `process ${error.details.pid} has closed the log`;
}

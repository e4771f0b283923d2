import { readFile } from 'node:fs/promises';
import type { Inspection } from '@shale/engine/admin';
import { PAGE_FILE } from '../package-files.js';
import { closingOf, look } from '../top/look.js';
import { Audience } from './audience.js';
import { documentOf } from './document.js';
import { PageServer } from './page-server.js';

const STOPPED = 'shale top was stopped';

/** How a log is shown as a page. */
export interface ServeOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Seconds between two looks. */
  readonly interval: number;
  readonly signal: AbortSignal;
  /** Is told the address once there is something to see there. */
  readonly ready: (url: string) => Promise<void>;
}

/**
 * Shows a log as a page, until the signal or the end of the process's log, which it throws as the error that it is. One
 * look serves all pages, and while none is open nobody looks.
 */
export async function serve(inspection: Inspection, options: ServeOptions): Promise<void> {
  const { port, interval, signal, ready } = options;
  const { pid, path } = inspection;
  const audience = new Audience({ pid, path, intervalMs: interval * 1000 });
  await using server = await PageServer.listen(port, documentOf(await readFile(PAGE_FILE, 'utf8')), audience);
  // Also while nobody looks.
  const gone = new AbortController();
  void inspection.ended.then((error) => gone.abort(error));
  const over = AbortSignal.any([signal, gone.signal]);
  try {
    await ready(server.url);
    await show(inspection, interval, audience, over);
    if (!signal.aborted) throw gone.signal.reason;
  } catch (error) {
    audience.end(signal.aborted ? STOPPED : (closingOf(error) ?? reasonOf(error)));
    throw error;
  }
  audience.end(STOPPED);
}

async function show(
  inspection: Inspection,
  interval: number,
  audience: Audience,
  over: AbortSignal,
): Promise<void> {
  const isOver = new Promise<AbortSignal>((resolve) => {
    over.addEventListener('abort', () => resolve(over), { once: true });
  });
  while (!over.aborted) {
    const watched = await Promise.race([audience.arrival(), isOver]);
    const views = look(inspection, interval, AbortSignal.any([over, watched]));
    for await (const view of views) audience.show(view);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { WalError } from '@shale/codec';
import type { TableHead } from '@shale/storage';
import type { Engine } from '../engine.js';
import { ListCursor } from '../list-cursor.js';

/**
 * The first and last entry of every table of a region, or of all, a page at a time; the thread lists the next page while
 * one is dealt with. When the thread dies that lists them the list begins again.
 *
 * @param region null for all
 */
export async function* headPages(
  engine: Engine,
  region: bigint | null,
): AsyncGenerator<readonly TableHead[], void, undefined> {
  for (;;) {
    const cursor = new ListCursor(engine);
    try {
      let next = cursor.next('heads', region);
      for (;;) {
        const page = await next;
        if (!page.done) next = ahead(cursor.next('heads', region));
        // The thread lists what the name of the listing says.
        yield page.items as readonly TableHead[];
        if (page.done) return;
      }
    } catch (error) {
      if (!(error instanceof WalError) || error.code !== 'SHALE_OUTCOME_UNKNOWN') throw error;
    } finally {
      cursor.end();
    }
  }
}

/** A page that may never be asked for. */
function ahead<T>(page: Promise<T>): Promise<T> {
  page.catch(() => undefined);
  return page;
}

import { WalError } from '@shale/codec';
import type { TableHead } from '@shale/storage';
import type { Engine } from '../engine.js';
import { ListCursor } from '../list-cursor.js';

/**
 * The first and last entry of every table of a region, or of all, a page at a time. When the thread dies that lists them
 * the list begins again.
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
      for (let done = false; !done; ) {
        const page = await cursor.next('heads', region);
        done = page.done;
        // The thread lists what the name of the listing says.
        yield page.items as readonly TableHead[];
      }
      return;
    } catch (error) {
      if (!(error instanceof WalError) || error.code !== 'SHALE_OUTCOME_UNKNOWN') throw error;
    } finally {
      cursor.end();
    }
  }
}

import { Payloads } from '../load/payloads.js';
import type { Store } from '../store/store.js';

const BATCH_BYTES = 64 * 1024;
const MAX_BATCH = 1000;
const IN_FLIGHT = 64;

/** Appends this many entries to each table, in batches, without measuring anything. */
export async function fill(
  store: Store,
  { tables, entriesPerTable, entryBytes, seed }: FillOptions,
): Promise<void> {
  const payloads = new Payloads(entryBytes, seed);
  const batch = Math.max(1, Math.min(MAX_BATCH, entriesPerTable, Math.floor(BATCH_BYTES / entryBytes)));
  let next = 0;
  const appender = async (): Promise<void> => {
    for (;;) {
      const turn = next++;
      const done = Math.floor(turn / tables) * batch;
      if (done >= entriesPerTable) return;
      await store.append(turn % tables, payloads.batch(Math.min(batch, entriesPerTable - done)));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, appender));
}

/** What a store is filled with. */
export interface FillOptions {
  readonly tables: number;
  readonly entriesPerTable: number;
  readonly entryBytes: number;
  readonly seed: number;
}

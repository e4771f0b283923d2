import { setTimeout as sleep } from 'node:timers/promises';
import { directorySize } from '../measure/directory-size.js';
import { Latencies } from '../measure/latency.js';
import type { Measures } from '../report/measures.js';
import type { TrimSpec } from '../report/spec.js';
import type { CaseContext } from './context.js';
import { fill } from './fill.js';

const MIB = 1024 * 1024;
/** The space counts as freed when this share of it is gone. */
const FREED_SHARE = 0.9;
const WAIT_SECONDS = 60;
const POLL_MS = 50;

/** Fills tables, trims each of them completely, and waits for the disk space to be freed. */
export async function runTrim(spec: TrimSpec, context: CaseContext): Promise<Measures> {
  const { driver, directory, seed } = context;
  const store = await driver.open(directory, spec);
  try {
    if (store.trim === undefined) throw new Error('this store is not measured with trims');
    const { tables, entriesPerTable, entryBytes } = spec;
    // The space of an empty store, such as Shale's space reserve, is not freed by any trim.
    const empty = (await directorySize(directory)).total;
    const used = async (): Promise<number> => (await directorySize(directory)).total - empty;
    await fill(store, { tables, entriesPerTable, entryBytes, seed });
    const before = await used();
    const latencies = new Latencies();
    for (let table = 0; table < tables; table++) {
      const started = performance.now();
      await store.trim(table, entriesPerTable);
      latencies.add(performance.now() - started);
    }
    const trimmed = performance.now();
    let after = await used();
    while (after > before * (1 - FREED_SHARE) && performance.now() - trimmed < WAIT_SECONDS * 1000) {
      await sleep(POLL_MS);
      after = await used();
    }
    const freed = 1 - after / before;
    return {
      ...latencies.measures(),
      entries: tables * entriesPerTable,
      diskBefore: before / MIB,
      diskFreed: freed * 100,
      ...(freed >= FREED_SHARE && { secondsToFree: (performance.now() - trimmed) / 1000 }),
    };
  } finally {
    await store.close();
  }
}

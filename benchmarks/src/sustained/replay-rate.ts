import type { Table } from '@shale/engine';

/** Entries per second of a replay of one table. */
export async function replayRate(table: Table | undefined): Promise<number> {
  const started = performance.now();
  let entries = 0;
  for await (const chunk of table?.read().chunks() ?? []) entries += chunk.length;
  return (entries / (performance.now() - started)) * 1000;
}

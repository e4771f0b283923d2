import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { directorySize } from '@shale/bench-kit';
import { openWal, U64_MAX, type Wal, type WalOptions } from '@shale/engine';

/** What was trimmed is looked at within a second or two. */
const RECLAIM_MS = 5000;

/** How long an opening takes, and the first append after it, in milliseconds. */
export async function timeOpening(
  directory: string,
  options: WalOptions,
): Promise<readonly [opening: number, firstAppend: number]> {
  const started = performance.now();
  await using wal = await openWal(directory, options);
  const opened = performance.now();
  await wal.table({ region: 1, table: 0 }).append(Buffer.from('first'));
  return [opened - started, performance.now() - opened];
}

/** Entries per second of a replay of one table. */
export async function replayRate(wal: Wal, table: number): Promise<number> {
  const started = performance.now();
  let entries = 0;
  for await (const chunk of wal.table({ region: 1, table }).read().chunks()) entries += chunk.length;
  return (entries / (performance.now() - started)) * 1000;
}

/** Bytes of table files that a trim of all of some tables gives back. */
export async function spaceOfTrim(wal: Wal, tables: readonly number[]): Promise<number> {
  const before = await directorySize(wal.path);
  await Promise.all(tables.map((table) => wal.table({ region: 1, table }).trim(U64_MAX)));
  await sleep(RECLAIM_MS);
  return before.tableFiles - (await directorySize(wal.path)).tableFiles;
}

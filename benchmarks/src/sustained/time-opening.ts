import { performance } from 'node:perf_hooks';
import { openWal, type WalOptions } from '@shale/engine';

/** How long an opening takes, and the first append after it, beside the same of an empty database. */
export async function timeOpening(directory: string, empty: string, options: WalOptions): Promise<string> {
  // The first ones load the code.
  await opening(empty, options);
  const [ofEmpty, firstOfEmpty] = await opening(empty, options);
  const [ofFull, firstOfFull] = await opening(directory, options);
  return `opening: ${ofFull.toFixed(0)} ms and ${firstOfFull.toFixed(1)} ms to the first append, of an empty database ${ofEmpty.toFixed(0)} and ${firstOfEmpty.toFixed(1)} ms`;
}

async function opening(
  directory: string,
  options: WalOptions,
): Promise<readonly [opening: number, firstAppend: number]> {
  const started = performance.now();
  await using wal = await openWal(directory, options);
  const opened = performance.now();
  await wal.table({ region: 1, table: 0 }).append(Buffer.from('first'));
  return [opened - started, performance.now() - opened];
}

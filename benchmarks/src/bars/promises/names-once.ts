// Run as a process: prints as JSON, in milliseconds, what the first appends to names cost after opening.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { median } from '@shale/bench-kit';
import { openWal } from '@shale/engine';

/** What the first appends after opening took. */
export interface FirstAppends {
  /** To a table of a name that there is. */
  readonly named: number;
  /** To a table with an id, made right after that one. */
  readonly beside: number;
  /** To a table with an id when nothing else is under way, the median. */
  readonly alone: number;
  /** To a name that there is not yet. */
  readonly made: number;
  /** How late the event loop was at most, from opening on. */
  readonly late: number;
}

const [path, name] = process.argv.slice(2);
if (path === undefined || name === undefined)
  throw new Error('usage: names-once <database directory> <name>');
const payload = new Uint8Array(100);
const wal = await openWal(path, { durability: 'os' });
const table = wal.table({ region: 1, table: 5 });

async function time(append: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await append();
  return performance.now() - started;
}

await table.append(payload);
const alone: number[] = [];
for (let i = 0; i < 50; i++) alone.push(await time(() => table.append(payload)));
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const [named, beside] = await Promise.all([
  time(() => wal.table(name).append(payload)),
  time(() => table.append(payload)),
]);
const made = await time(() => wal.table(`new ${process.pid}`).append(payload));
// A stall is noticed by the first turn after it.
await setTimeout(10);
delay.disable();
const found: FirstAppends = { named, beside, alone: median(alone), made, late: delay.max / 1e6 };
process.stdout.write(JSON.stringify(found));
await wal.close();

import { setTimeout as sleep } from 'node:timers/promises';
import type { Table } from '@shale/engine';
import type { Consumer } from './consumer.js';
import type { Load } from './load.js';
import { untilQuiet } from './quiet.js';
import type { Phase, Sample } from './record.js';
import type { Timeline } from './timeline.js';

const GIB = 2 ** 30;
/** Small trims, and the rest after each. */
const TRIMS = 6;
const REST_MS = 10_000;
const TRIMMED_BYTES = 1024;

/** The consumer is away: the backlog grows GiB by GiB. */
export async function grow(
  timeline: Timeline,
  load: Load,
  gib: number,
  show: (part: Sample) => void,
): Promise<readonly Sample[]> {
  const parts: Sample[] = [];
  await timeline.phase('growing', async () => {
    for (let i = 1; i <= gib; i++) {
      const part = await timeline.part(() => load.run(() => load.bytes < i * GIB));
      parts.push(part);
      show(part);
    }
    return [];
  });
  return parts;
}

/** The consumer reads all that is there when it begins, and trims behind itself, while writing goes on. */
export async function catchUp(timeline: Timeline, load: Load, consumer: Consumer): Promise<Phase> {
  return await timeline.phase('catching up', async () => {
    const before = consumer.entries;
    const started = performance.now();
    let isDone = false;
    const writing = load.run(() => !isDone);
    await consumer.catchUp();
    isDone = true;
    const seconds = (performance.now() - started) / 1000;
    await writing;
    return [`the consumer read ${Math.round((consumer.entries - before) / seconds / 1000)} k entries/s`];
  });
}

/** Nobody writes or reads, until the log itself has nothing more to do. */
export async function quiet(timeline: Timeline, name: 'quiet, full' | 'quiet, read'): Promise<Phase> {
  return await timeline.phase(name, async () => {
    await untilQuiet();
    return [];
  });
}

/** A little is trimmed now and then. */
export async function trimALittle(timeline: Timeline, table: Table, entryBytes: number): Promise<Phase> {
  return await timeline.phase('small trims', async () => {
    for (let i = 0; i < TRIMS; i++) {
      const first = await table.firstSequence();
      await table.trim(first + BigInt(Math.max(1, Math.floor(TRIMMED_BYTES / entryBytes))) - 1n);
      await sleep(REST_MS);
    }
    return [`${TRIMS} trims of ${TRIMMED_BYTES} B, ${REST_MS / 1000} s apart`];
  });
}

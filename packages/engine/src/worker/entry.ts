import { workerData } from 'node:worker_threads';
import { errorToData } from '@shale/codec';
import { loadFile, useAddon } from '@shale/storage';
import type { ShardReply, ShardTask, ThreadStart } from '../shard/protocol.js';
import { BriefPoll } from './brief-poll.js';
import { ShardWorker } from './shard-worker.js';

/*
 * The thread of a shard. It runs from one file, `dist/worker/thread.cjs`: scripts/bundle-worker.mjs puts this module
 * into it with all that it imports. So the thread loads no other code of Shale, whatever the application does to the
 * loading of modules; nor do the application's preloads run in it (shard/thread-options.ts).
 *
 * Piscina calls the default export for each task, in order; every answer, errors included, is plain data, so a task
 * never rejects.
 */

// What ShardThread starts it with.
const { addon, marker } = workerData as ThreadStart;
useAddon(addon);
const { markMovable } = loadFile(marker) as { markMovable(answer: object): void };

// What Piscina calls them.
const TRANSFERABLE = Symbol.for('Piscina.transferable');
const VALUE = Symbol.for('Piscina.valueOf');

const worker = new ShardWorker();
const poll = new BriefPoll();

/** Runs one task. */
export default async function run(task: ShardTask): Promise<unknown> {
  const started = performance.now();
  poll.taskBegins(started);
  try {
    const { value, transfer } = await worker.run(task);
    return moved({ ok: true, value }, transfer);
  } catch (error) {
    const data = errorToData(error);
    if (task.kind !== 'append') return { ok: false, error: data } satisfies ShardReply;
    // The frame's buffer goes back with the error, to be used again.
    const buffer = task.frame.buffer as ArrayBuffer;
    return moved({ ok: false, error: data, buffer }, [buffer]);
  } finally {
    const ended = performance.now();
    worker.spent(ended - started);
    poll.taskEnds(ended);
  }
}

function moved(reply: ShardReply, transfer: readonly ArrayBuffer[]): unknown {
  if (transfer.length === 0) return reply;
  // Piscina hands the list to postMessage.
  const answer = { [TRANSFERABLE]: transfer, [VALUE]: reply };
  markMovable(answer);
  return answer;
}

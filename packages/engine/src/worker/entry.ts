import { workerData } from 'node:worker_threads';
import { errorToData } from '@shale/codec';
import { loadFile, useAddon } from '@shale/storage';
import type { ShardReply, ShardTask, ShardTasks, ThreadStart } from '../shard/protocol.js';
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

worker.timed = (work) => {
  const started = begin();
  try {
    return work();
  } finally {
    end(started);
  }
};

/** Runs one task. */
export default async function run(task: ShardTask): Promise<unknown> {
  if (task.kind === 'append') return await append(task);
  const started = begin();
  try {
    const { value, transfer } = await worker.run(task);
    return moved({ ok: true, value }, transfer);
  } catch (error) {
    return { ok: false, error: errorToData(error) } satisfies ShardReply;
  } finally {
    end(started);
  }
}

/** One that waits for others, to be written with them, takes no time meanwhile. */
async function append(task: ShardTasks['append']): Promise<unknown> {
  try {
    const outcome = worker.timed(() => worker.run(task));
    const { value, transfer } = outcome instanceof Promise ? await outcome : outcome;
    return moved({ ok: true, value }, transfer);
  } catch (error) {
    // The frame's buffer goes back with the error, to be used again.
    const buffer = task.frame.buffer as ArrayBuffer;
    return moved({ ok: false, error: errorToData(error), buffer }, [buffer]);
  }
}

function begin(): number {
  const started = performance.now();
  poll.taskBegins(started);
  return started;
}

function end(started: number): void {
  const ended = performance.now();
  worker.spent(ended - started);
  poll.taskEnds(ended);
}

function moved(reply: ShardReply, transfer: readonly ArrayBuffer[]): unknown {
  if (transfer.length === 0) return reply;
  // Piscina hands the list to postMessage.
  const answer = { [TRANSFERABLE]: transfer, [VALUE]: reply };
  markMovable(answer);
  return answer;
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HANG_MS } from '../support/patience.js';
import { keepFailure } from './corpus.js';
import type { FuzzReport } from './fuzz.js';
import { Board, type FuzzAnswer, type FuzzTask } from './protocol.js';

const WORKER = new URL('./worker.js', import.meta.url);
/**
 * No input may take more of a processor's time, which others that keep the machine busy do not use up. Milliseconds.
 */
const MOST_WORK_MS = 10_000;
/** What a thread may have on its heap; all targets together need a tenth of it. */
const HEAP_MIB = 512;

/** The time of the clock, and what this process has had of the processors, all threads together. */
function now(): { readonly at: number; readonly worked: number } {
  const { user, system } = process.cpuUsage();
  return { at: performance.now(), worked: (user + system) / 1000 };
}

/** Fuzzes a target in a thread of its own. Throws, with a way to repeat it, when an input breaks a promise. */
export async function runTarget(task: Omit<FuzzTask, 'board'>): Promise<FuzzReport> {
  const board = new Board();
  const workerData: FuzzTask = { ...task, board: board.buffer };
  const worker = new Worker(WORKER, { workerData, resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
  let count = -1;
  let since = now();
  let hung = false;
  const watch = setInterval(() => {
    if (board.count !== count) {
      count = board.count;
      since = now();
    } else if (count > 0 && (now().worked - since.worked > MOST_WORK_MS || now().at - since.at > HANG_MS)) {
      hung = true;
      void worker.terminate();
    }
  }, 500);
  const answered: FuzzAnswer[] = [];
  worker.on('message', (answer: FuzzAnswer) => answered.push(answer));
  let died: unknown;
  try {
    await once(worker, 'exit');
  } catch (error) {
    died = error;
  } finally {
    clearInterval(watch);
  }
  const answer = answered[0];
  if (answer?.ok === true) return answer.report;
  const message =
    answer?.message ??
    (hung
      ? `worked for more than ${MOST_WORK_MS} ms, or hung`
      : `the thread died: ${String(died ?? 'no answer')}`);
  const path = keepFailure(task.target, answer?.input ?? board.input);
  throw new Error(`${task.target}: ${message}\nTo repeat it: npm run fuzz -- ${task.target} --only ${path}`);
}

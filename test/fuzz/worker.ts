/* A thread that fuzzes one target, so that another one can see it hang, and it cannot take all memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { randomFrom } from '../support/random.js';
import { readCorpus } from './corpus.js';
import { FuzzFailure, fuzz } from './fuzz.js';
import { Board, type FuzzAnswer, type FuzzTask } from './protocol.js';
import { targetNamed } from './targets/index.js';

const task: FuzzTask = workerData;
const board = new Board(task.board);

async function work(): Promise<FuzzAnswer> {
  const target = targetNamed(task.target);
  try {
    const { only, inputs, milliseconds } = task;
    const given = only === undefined ? readCorpus(target.name) : [only];
    const limits = only === undefined ? { inputs, milliseconds } : { inputs: 1, milliseconds };
    const report = await fuzz(target, given, randomFrom(task.seed), limits, (input) => board.show(input));
    return { ok: true, report };
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    const cause = error.cause instanceof Error ? (error.cause.stack ?? error.message) : error.message;
    return { ok: false, message: cause, input: error.input };
  }
}

parentPort?.postMessage(await work());

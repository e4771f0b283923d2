import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { violationsOf } from './check.js';
import { record } from './workload.js';

/** How many histories, or for how long, and where. */
export interface ConcurrencyTask {
  /** The first history's; each has one more than the one before. */
  readonly seed: number;
  readonly count: number;
  readonly directory: string;
  /** Calls in each history, about. Default 1500. */
  readonly calls?: number;
  /** Whether threads die meanwhile. Default: in every other history. */
  readonly deaths?: boolean;
  /** Ends it after so many minutes, however many histories are left. */
  readonly minutes?: number;
  readonly progress?: (done: number, note: string) => void;
}

/** Violations that a failure shows. */
const SHOWN = 20;

/**
 * Lets many clients use the same tables at the same time, history after history. Rejects when they were told what no
 * one log could have said; its seed repeats the same calls, though threads may take other turns.
 */
export async function checkHistories(
  task: ConcurrencyTask,
): Promise<{ readonly histories: number; readonly operations: number }> {
  const { seed: firstSeed, count, directory: parent, calls = 1500, deaths, minutes, progress } = task;
  const until = performance.now() + (minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  let operations = 0;
  let histories = 0;
  for (; histories < count && performance.now() < until; histories++) {
    const seed = firstSeed + histories;
    const directory = mkdtempSync(join(parent, 'shale-concurrency-'));
    try {
      const history = await record({ directory, seed, calls, deaths: deaths ?? histories % 2 === 1 });
      const violations = violationsOf(history);
      if (violations.length > 0) throw new Error(violations.slice(0, SHOWN).join('\n'));
      operations += history.length;
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`the history of seed ${seed} is not one of a log: ${what}`, { cause });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    progress?.(histories + 1, `${operations} operations`);
  }
  return { histories, operations };
}

/** The long form, for `npm run attack`. */
export const concurrency = {
  name: 'concurrency',
  summary: 'Lets many clients append, read and trim at the same time, and checks that they saw one log.',
  unit: 'histories',
  longCount: 1000,
  async run(
    task: Omit<ConcurrencyTask, 'calls' | 'deaths' | 'minutes'>,
  ): Promise<Readonly<Record<string, number>>> {
    const { histories, operations } = await checkHistories(task);
    return { histories, operations };
  },
};

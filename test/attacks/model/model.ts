import fc from 'fast-check';
import { HANG_MS } from '../../support/patience.js';
import { type Command, commands, type OpenCommand, opens } from './commands.js';
import { Run } from './run.js';

/** How many runs, or for how long, and where. */
export interface ModelTask {
  readonly seed: number;
  readonly count: number;
  /** Where directories are made. A crash of the process loses nothing that is in memory, so `/dev/shm` will do. */
  readonly directory: string;
  /** Ends it after so many minutes, however many runs are left. */
  readonly minutes?: number;
  /** Begins with the run that a failure named. */
  readonly path?: string;
  readonly progress?: (done: number, note: string) => void;
}

/** Commands in one run, at most. */
const MOST_COMMANDS = 40;

/**
 * Does to a WAL and to the model whatever the seed says, run after run. Rejects with the shortest run that fails, its
 * seed and its path.
 */
export async function checkModel(
  task: ModelTask,
): Promise<{ readonly runs: number; readonly steps: number }> {
  const { seed, count, directory, minutes, path, progress } = task;
  let runs = 0;
  let steps = 0;
  // The end of the minutes does not wait for the run that is under way.
  let last: Promise<void> = Promise.resolve();
  const property = fc.asyncProperty(
    opens,
    fc.constantFrom(0, 0, 0, 5),
    fc.array(commands, { maxLength: MOST_COMMANDS, size: 'max' }),
    async (open, instance, sequence) => {
      last = runOnce(directory, open, instance, sequence);
      await last;
      runs++;
      steps += sequence.length;
      progress?.(runs, `${steps} steps`);
    },
  );
  const checked = fc.assert(property, {
    seed,
    numRuns: count,
    timeout: HANG_MS,
    ...(path === undefined ? {} : { path }),
    ...(minutes === undefined ? {} : { interruptAfterTimeLimit: minutes * 60_000 }),
  });
  await checked.finally(() => last.catch(() => undefined));
  await last;
  return { runs, steps };
}

async function runOnce(
  directory: string,
  open: OpenCommand,
  instance: number,
  sequence: readonly Command[],
): Promise<void> {
  const run = new Run(directory, instance);
  try {
    await run.open(open);
    for (const command of sequence) await run.step(command);
    await run.finish();
  } finally {
    await run.end();
  }
}

/** The long form, for `npm run attack`. */
export const model = {
  name: 'model',
  summary: 'Does anything in any order to a WAL and to a model of it, with crashes and reopenings.',
  unit: 'runs',
  longCount: 10_000,
  async run(task: Omit<ModelTask, 'minutes' | 'path'>): Promise<Readonly<Record<string, number>>> {
    const { runs, steps } = await checkModel(task);
    return { runs, steps };
  },
};

/*
 * Whatever is done to a WAL in whatever order, with crashes, reopenings and the deaths of threads in between, it does
 * what a model of a few lines does. A failure shrinks, and says with which seed and path to repeat it:
 *
 *   SHALE_MODEL_SEED=... SHALE_MODEL_PATH=... npx vitest run test/model
 *
 * SHALE_MODEL_RUNS or SHALE_MODEL_MINUTES make it long.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { test } from 'vitest';
import { commands, opens } from './commands.js';
import { Run } from './run.js';

const { env } = process;
const minutes = Number(env.SHALE_MODEL_MINUTES ?? 0);
const runs = Number(env.SHALE_MODEL_RUNS ?? (minutes > 0 ? 1e9 : 12));
/** A crash of the process loses nothing that is in memory, so a file system that is in memory does. */
const parent = env.SHALE_MODEL_DIR ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

test('whatever is done in whatever order, crashes and reopenings included, the WAL does what the model does', {
  timeout: 0,
}, async () => {
  const started = performance.now();
  let done = 0;
  let steps = 0;
  const property = fc.asyncProperty(
    opens,
    fc.constantFrom(0, 0, 0, 5),
    fc.array(commands, { maxLength: 40, size: 'max' }),
    async (open, instance, sequence) => {
      const run = new Run(parent, instance);
      try {
        await run.open(open);
        for (const command of sequence) await run.step(command);
        await run.finish();
        done++;
        steps += sequence.length;
      } finally {
        await run.end();
      }
    },
  );
  try {
    await fc.assert(property, {
      numRuns: runs,
      // A run that hangs fails, too.
      timeout: 120_000,
      ...(env.SHALE_MODEL_SEED === undefined ? {} : { seed: Number(env.SHALE_MODEL_SEED) }),
      ...(env.SHALE_MODEL_PATH === undefined ? {} : { path: env.SHALE_MODEL_PATH }),
      ...(minutes > 0 ? { interruptAfterTimeLimit: minutes * 60_000 } : {}),
    });
  } finally {
    const seconds = (performance.now() - started) / 1000;
    if (runs > 100) console.log(`${done} runs of ${steps} steps passed in ${seconds.toFixed(0)} s`);
  }
});

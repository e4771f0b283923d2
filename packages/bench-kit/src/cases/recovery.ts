import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Payloads } from '../load/payloads.js';
import type { Measures } from '../report/measures.js';
import type { RecoverySpec } from '../report/spec.js';
import type { CaseContext } from './context.js';

/** The task of the process that fills the store. */
export interface FillerTask {
  readonly spec: RecoverySpec;
  readonly driverUrl: string;
  readonly directory: string;
  readonly seed: number;
}

/** Lets another process fill a store and then close it or be killed, and opens the store in this process. */
export async function runRecovery(spec: RecoverySpec, context: CaseContext): Promise<Measures> {
  const { driver, directory, driverUrl, seed } = context;
  if (spec.entries > 0) await fillInAnotherProcess({ spec, driverUrl, directory, seed });
  const payload = new Payloads(spec.entryBytes, seed).one();
  const started = performance.now();
  const store = await driver.open(directory, spec);
  try {
    await store.append(0, [payload]);
    return {
      openToFirstAppend: performance.now() - started,
      entries: spec.entries,
      peakRss: process.resourceUsage().maxRSS / 1024,
    };
  } finally {
    await store.close();
  }
}

async function fillInAnotherProcess(task: FillerTask): Promise<void> {
  const child = fork(fileURLToPath(new URL('../run/filler.js', import.meta.url)), {
    env: { ...process.env, LD_PRELOAD: '' },
  });
  const exited = once(child, 'exit');
  child.send(task);
  const outcome = await Promise.race([
    once(child, 'message').then(() => 'filled'),
    exited.then(() => 'gone'),
  ]);
  if (outcome === 'gone') throw new Error('the process that fills the store ended before it was done');
  if (task.spec.end === 'killed') child.kill('SIGKILL');
  await exited;
}

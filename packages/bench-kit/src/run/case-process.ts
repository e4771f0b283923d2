// The process of one case: takes the task from its parent, answers with the measures, and ends.
import { once } from 'node:events';
import { runCase } from '../cases/run-case.js';
import { loadDriver } from '../store/load-driver.js';
import type { CaseAnswer, CaseTask } from './fork-case.js';

const [task]: CaseTask[] = await once(process, 'message');
if (task === undefined) throw new Error('no task');
let answer: CaseAnswer;
try {
  const driver = await loadDriver(task.driverUrl);
  if (!driver.durabilities.includes(task.spec.durability)) {
    throw new Error(`it cannot promise '${task.spec.durability}'`);
  }
  answer = { ok: true, measures: await runCase(task.spec, { ...task, driver }) };
} catch (error) {
  answer = { ok: false, reason: error instanceof Error ? error.message : String(error) };
}
// Whatever a store leaves running must not keep the process alive; the answer must be sent first.
process.send?.(answer, () => process.exit(0));

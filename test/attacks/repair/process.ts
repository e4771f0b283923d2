// The process of the attack on repair: repairs what it is told to, one after the other, in itself.
import { attemptHere, repair } from '#internals/repair';
import { type RepairTask, repaired } from './repairer.js';

process.on('disconnect', () => process.exit(0));
process.on('message', (task: RepairTask) => {
  const { from, to, keepFiles } = task;
  repaired(repair(from, to, keepFiles, attemptHere)).then(
    (done) => process.send?.(done),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});

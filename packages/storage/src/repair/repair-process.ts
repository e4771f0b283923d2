// The process of a repair: gets its order in the first message, and ends with its parent.
import { errorToData } from '@shale/codec';
import { useAddon } from '@shale/rocksdb';
import { toWalError } from '../errors.js';
import type { ProcessMessage, ProcessOrder } from './process-messages.js';
import { RepairRun } from './run.js';

function say(message: ProcessMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function run({ from, root, result, distrusted, keepFiles, addon }: ProcessOrder): Promise<void> {
  useAddon(addon);
  const order = { from, workspace: { root, result }, distrusted: new Map(distrusted), keepFiles };
  const repair = new RepairRun(order, (place) => say({ kind: 'place', place }));
  try {
    for await (const event of repair.events()) await say({ kind: 'event', event });
    await say({ kind: 'done', totals: repair.totals });
  } catch (error) {
    await say({ kind: 'failed', error: errorToData(toWalError(error, { path: from, target: root })) });
  }
}

process.once('disconnect', () => process.exit(1));
process.once('message', (order: ProcessOrder) => {
  run(order).then(
    () => process.exit(0),
    // The parent is gone.
    () => process.exit(1),
  );
});

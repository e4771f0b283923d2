import { errorToData, WalError } from '@shale/codec';
import type { Wal } from '@shale/engine';
import { TaskFailed } from '../dist/shard/shard-line.js';
import { behind } from './support.js';

/** Makes the thread of a shard answer every frame with an error; returns what ends that. */
export function failFrames(
  wal: Wal,
  shard: number,
  code: 'SHALE_POISONED' | 'SHALE_NO_SPACE' | 'SHALE_NO_RESOURCES' | 'SHALE_IO',
): () => void {
  const thread = behind(wal).shard(shard).thread;
  if (thread === null) throw new TypeError('no thread');
  const run = thread.run.bind(thread);
  const failing: typeof run = (task, transfer) =>
    'frame' in task
      ? Promise.reject(new TaskFailed(errorToData(new WalError(code, 'made by the test')), undefined))
      : run(task, transfer);
  Object.assign(thread, { run: failing });
  return () => Object.assign(thread, { run });
}

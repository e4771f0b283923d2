import { isFields, isLineTask, type LineKind } from './line-tasks.js';
import type { ShardReply, ShardTasks } from './protocol.js';

/*
 * What goes over a line: the port between a thread that uses a WAL and the thread of a shard. Tasks and answers are those
 * of the protocol, with a number that tells which answer is whose; frames carry the same bytes.
 */

/** A task, as it is sent to a shard. */
export interface LineTask {
  readonly id: number;
  readonly task: ShardTasks[LineKind];
}

/** What comes back from the shard: the answer to a task, or what was done to tables that somebody listens to. */
export type LineMessage =
  | { readonly id: number; readonly reply: ShardReply }
  | {
      /** Region, table, and the first and the last sequence that was appended; two times 0n when it was dropped. */
      readonly wrote: BigUint64Array;
      /** Whether all of it is on stable storage. */
      readonly isDurable: boolean;
    };

/** Takes what has come over a line as a task; null when it is none. */
export function toLineTask(message: unknown): LineTask | null {
  if (!isFields(message)) return null;
  const { id, task } = message;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return null;
  return isLineTask(task) ? { id, task } : null;
}

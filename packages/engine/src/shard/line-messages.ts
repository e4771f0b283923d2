import type { ShardReply, ShardTask, ShardTaskKind } from './protocol.js';

/*
 * What goes over a line: the port between a thread that uses a WAL and the thread of a shard. Tasks and answers are those
 * of the protocol, with a number that tells which answer is whose; frames carry the same bytes.
 */

/** A task, as it is sent to a shard. */
export interface LineTask {
  readonly id: number;
  readonly task: ShardTask;
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

/** What those who have a line may ask for: not what concerns the thread itself, or the whole database. */
export const LINE_TASKS: ReadonlySet<ShardTaskKind> = new Set<ShardTaskKind>([
  'append',
  'lend',
  'joint',
  'takeBack',
  'incarnation',
  'readStart',
  'readNext',
  'scanNext',
  'ends',
  'listNext',
  'cursorEnd',
  'namesFind',
  'namesOf',
  'timeAt',
  'stats',
]);

/** Takes what has come over a line as a task; null when it is none. What is in the task is for the shard to check. */
export function toLineTask(message: unknown): LineTask | null {
  if (typeof message !== 'object' || message === null) return null;
  const { id, task }: { readonly id?: unknown; readonly task?: unknown } = message;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return null;
  if (typeof task !== 'object' || task === null) return null;
  const { kind }: { readonly kind?: unknown } = task;
  // What makes it a task of its kind is looked at by whoever runs it.
  return LINE_TASKS.has(kind as ShardTaskKind) ? { id, task: task as ShardTask } : null;
}

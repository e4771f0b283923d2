import type { MessagePort } from 'node:worker_threads';
import { type ErrorData, errorFromData, type WalError } from '@shale/codec';
import type { ShardResults, ShardTaskKind, ShardTasks } from './protocol.js';

/** What goes to a shard's thread with a task, without a copy. */
export type Moved = ArrayBuffer | MessagePort;

/** The thread went away before it answered. Its cause says how. */
export class ThreadLost extends Error {}

/** The thread answered with an error. For an append, the frame's buffer comes back with it. */
export class TaskFailed extends Error {
  readonly error: WalError;
  readonly buffer: ArrayBuffer | undefined;

  constructor(data: ErrorData, buffer: ArrayBuffer | undefined) {
    super(data.message);
    this.error = errorFromData(data);
    this.buffer = buffer;
  }
}

/** A way to one incarnation of a shard's thread, from its start to its end. */
export interface ShardLine {
  /** Whether it can do nothing any more: every task fails with ThreadLost, and was not begun. */
  readonly isGone: boolean;
  /** Why it is gone; undefined while it is not. */
  readonly cause: unknown;
  /** Calls `onGone` when the thread is going away without having been asked to; not if it has gone already. */
  watch(onGone: () => void): void;
  /** Runs a task. Rejects with TaskFailed or ThreadLost. */
  run<K extends ShardTaskKind>(task: ShardTasks[K], transfer?: readonly Moved[]): Promise<ShardResults[K]>;
  /** Ends it. Resolves when nothing of it is left. */
  end(): Promise<void>;
}

/** The way to a line: attempts, one after the other. */
export interface Arrival {
  /**
   * Resolves after `ready` was called with a line that works at that moment; rejects with what kept it from that, and then
   * nothing of it is left.
   */
  run(ready: (line: ShardLine) => void): Promise<void>;
  /** A caller waits: tries again at once, and gives up soon. */
  hurry(): void;
  /** Tries no more. */
  stop(): void;
}

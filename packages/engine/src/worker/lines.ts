import type { MessagePort } from 'node:worker_threads';
import { errorToData } from '@shale/codec';
import { ShardCells } from '../metrics/shard-cells.js';
import { type LineMessage, toLineTask } from '../shard/line-messages.js';
import type { ShardReply, ShardTasks } from '../shard/protocol.js';
import { Caller } from './caller.js';
import type { Outcome } from './outcome.js';

/** What the lines need of the thread. */
export interface LinesContext {
  /** Runs a task of a caller. */
  run(task: ShardTasks[keyof ShardTasks], caller: Caller): Outcome | Promise<Outcome>;
  /** A caller is not there any more: what it had is to be given back. */
  left(caller: Caller): void;
  /** Calls `work` as a task of the thread, which is timed. */
  timed<R>(work: () => R): R;
}

/** One line. */
interface Line {
  readonly port: MessagePort;
  readonly caller: Caller;
  /** Not 0 while the other end listens to what is done to tables. */
  readonly ear: Int32Array;
}

/**
 * The lines of a shard's thread: ports to other threads that use the WAL, each with what it has under way here. What
 * comes over a line can be anything; it is answered with an error, or ends the line, and does no harm to others.
 */
export class Lines {
  readonly #context: LinesContext;
  readonly #lines = new Set<Line>();

  constructor(context: LinesContext) {
    this.#context = context;
  }

  /** How many there are. */
  get size(): number {
    return this.#lines.size;
  }

  /** Whether anybody listens to what is done to tables. */
  get isHeard(): boolean {
    for (const { ear } of this.#lines) if (Atomics.load(ear, 0) !== 0) return true;
    return false;
  }

  /** Tells those who listen. */
  tell(message: LineMessage): void {
    for (const { ear, port } of this.#lines) if (Atomics.load(ear, 0) !== 0) port.postMessage(message);
  }

  /** Begins a line. */
  open({ port, cells, ear }: ShardTasks['connect']): void {
    const caller = new Caller(cells === null ? null : new ShardCells(cells));
    const line: Line = { port, caller, ear: new Int32Array(ear) };
    this.#lines.add(line);
    port.on('message', (message: unknown) => this.#take(line, message));
    port.on('messageerror', () => port.close());
    port.on('close', () => this.#leave(line));
    // The thread is kept by who has opened the WAL.
    port.unref();
  }

  /** Ends all of them. */
  close(): void {
    for (const { port } of this.#lines) port.close();
  }

  #leave(line: Line): void {
    if (!this.#lines.delete(line)) return;
    line.caller.leave();
    this.#context.left(line.caller);
  }

  #take({ port, caller }: Line, message: unknown): void {
    const taken = toLineTask(message);
    if (taken === null) {
      // Nothing that this version sends: there is nobody to be answered.
      port.close();
      return;
    }
    const { id, task } = taken;
    const fail = (error: unknown): void => {
      const data = errorToData(error);
      const buffer = bufferOf(task);
      if (buffer === null) answer(port, id, { ok: false, error: data });
      else answer(port, id, { ok: false, error: data, buffer }, [buffer]);
    };
    try {
      const outcome = this.#context.timed(() => this.#context.run(task, caller));
      if (!(outcome instanceof Promise))
        answer(port, id, { ok: true, value: outcome.value }, outcome.transfer);
      else outcome.then(({ value, transfer }) => answer(port, id, { ok: true, value }, transfer)).catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

function answer(
  port: MessagePort,
  id: number,
  reply: ShardReply,
  transfer: readonly ArrayBuffer[] = [],
): void {
  port.postMessage({ id, reply } satisfies LineMessage, [...transfer]);
}

/** The memory of a frame that could not be written goes back, to be used again. */
function bufferOf(task: ShardTasks[keyof ShardTasks]): ArrayBuffer | null {
  if (task.kind !== 'append' || !ArrayBuffer.isView(task.frame)) return null;
  const { buffer } = task.frame;
  return buffer instanceof ArrayBuffer && buffer.byteLength > 0 ? buffer : null;
}

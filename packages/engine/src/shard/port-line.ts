import type { LineMessage } from './line-messages.js';
import type { Port } from './port.js';
import type { ShardReply, ShardResults, ShardTaskKind, ShardTasks } from './protocol.js';
import { type Moved, type ShardLine, TaskFailed, ThreadLost } from './shard-line.js';

interface Asked {
  readonly resolve: (reply: ShardReply) => void;
  readonly reject: (error: ThreadLost) => void;
}

/** Is told what was done to tables: {@link LineMessage}. */
export type OnWrote = (wrote: BigUint64Array, isDurable: boolean) => void;

/**
 * A line to a shard's thread that another thread has started: a port. It keeps its own thread running only while an answer
 * is awaited. Everything comes in the order in which the shard has done it.
 */
export class PortLine implements ShardLine {
  readonly #port: Port;
  readonly #onWrote: OnWrote;
  readonly #asked = new Map<number, Asked>();
  #last = 0;
  #cause: unknown = undefined;
  #isGone = false;
  #onGone: () => void = () => {};
  readonly #closed: Promise<void>;

  constructor(port: Port, onWrote: OnWrote) {
    this.#port = port;
    this.#onWrote = onWrote;
    this.#closed = new Promise((resolve) => {
      port.onClose(() => {
        this.#blame(new Error('the thread of the shard has ended, or has closed its port'));
        resolve();
      });
    });
  }

  /** Begins to take what comes. */
  start(): void {
    if (this.#isGone) return;
    // The thread sends nothing else.
    this.#port.onMessage((message) => this.#take(message as LineMessage));
    if (this.#asked.size === 0) this.#port.unref();
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get cause(): unknown {
    return this.#cause;
  }

  watch(onGone: () => void): void {
    this.#onGone = onGone;
  }

  async run<K extends ShardTaskKind>(
    task: ShardTasks[K],
    transfer: readonly Moved[] = [],
  ): Promise<ShardResults[K]> {
    const reply = await new Promise<ShardReply>((resolve, reject) => {
      if (this.#isGone) {
        reject(this.#lost());
        return;
      }
      const id = ++this.#last;
      this.#asked.set(id, { resolve, reject });
      if (this.#asked.size === 1) this.#port.ref();
      this.#port.post({ id, task }, transfer);
    });
    // The thread answers each kind of task with its own kind of result.
    if (reply.ok) return reply.value as ShardResults[K];
    throw new TaskFailed(reply.error, reply.buffer);
  }

  async end(): Promise<void> {
    this.#onGone = () => {};
    this.#blame(new Error('the line was ended'));
    this.#port.close();
    await this.#closed;
  }

  #take(message: LineMessage): void {
    if ('wrote' in message) {
      this.#onWrote(message.wrote, message.isDurable);
      return;
    }
    const asked = this.#asked.get(message.id);
    if (!this.#asked.delete(message.id) || asked === undefined) return;
    if (this.#asked.size === 0) this.#port.unref();
    asked.resolve(message.reply);
  }

  #blame(cause: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#cause = cause;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject } of asked) reject(this.#lost());
    this.#onGone();
  }

  #lost(): ThreadLost {
    return new ThreadLost(`the thread of the shard is gone: ${String(this.#cause)}`, { cause: this.#cause });
  }
}

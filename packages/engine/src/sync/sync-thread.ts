import { errorFromData, WalError } from '@shale/codec';
import type { LogView } from '../log-view.js';
import { ShardCells } from '../metrics/shard-cells.js';
import { BRIEF_PAUSES_MS, BringUp, PATIENT_PAUSES_MS } from '../shard/bring-up.js';
import type { ShardWorkerData, SyncNews } from '../shard/protocol.js';
import type { ShardThread } from '../shard/shard-thread.js';
import { Unsynced } from './unsynced.js';

/** What is needed of the WAL. */
export interface SyncThreadContext {
  readonly log: LogView;
  readonly instance: number;
  readonly withinMs: number;
  /** What was written before is on stable storage. */
  synced(): void;
  /** A sync failed for good. */
  failed(error: WalError): void;
  /** There is no thread, and there cannot be one. */
  gaveUp(error: WalError): void;
}

/**
 * The thread that puts what is acknowledged with `'os'` on stable storage in time. It does nothing else: those of the
 * shards may be in a write that waits, and that of the application in whatever it likes. When it dies, another one goes
 * on with what it had under way.
 */
export class SyncThread {
  /** What the shards' threads note in. */
  readonly memory: SharedArrayBuffer = Unsynced.memory();
  readonly #context: SyncThreadContext;
  readonly #data: ShardWorkerData;
  #bringUp: BringUp | null = null;
  #done: Promise<void> = Promise.resolve();
  #thread: ShardThread | null = null;
  #isOver = false;
  #syncs = 0;

  constructor(context: SyncThreadContext) {
    this.#context = context;
    const { path, handleId } = context.log;
    const cells = ShardCells.memory();
    this.#data = { path, handleId, instance: context.instance, cells, unsynced: this.memory, part: null };
  }

  /** The thread of now, for tests that end it. */
  get thread(): ShardThread | null {
    return this.#thread;
  }

  /** Syncs that it has told of. */
  get syncs(): number {
    return this.#syncs;
  }

  /** Lets a thread that is starting attach to the database and begin. Rejects with what kept it from that. */
  async start(first: ShardThread): Promise<void> {
    await this.#begin(new BringUp({ data: this.#data, first, pauses: BRIEF_PAUSES_MS }));
  }

  /** Ends the thread. Afterwards nothing is synced by itself. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#bringUp?.stop();
    await this.#done.catch(() => undefined);
    await this.#thread?.end();
  }

  #begin(bringUp: BringUp): Promise<void> {
    this.#bringUp = bringUp;
    this.#thread = null;
    this.#done = bringUp.run((thread) => {
      this.#thread = thread;
      thread.watch(() => this.#lost(thread));
      // The thread says nothing else.
      thread.listen((message) => this.#hear(message as SyncNews));
      const { withinMs } = this.#context;
      thread.run<'keepSynced'>({ kind: 'keepSynced', withinMs }).catch(() => undefined);
    });
    return this.#done;
  }

  #hear(message: SyncNews): void {
    if (this.#isOver) return;
    if (message.news === 'failed') this.#context.failed(errorFromData(message.error));
    else {
      if (message.isOwn) this.#syncs++;
      this.#context.synced();
    }
  }

  #lost(previous: ShardThread): void {
    if (this.#isOver || this.#thread !== previous) return;
    // The next thread finds it done, or does it again.
    this.#context.log.sync().catch(() => undefined);
    const bringUp = new BringUp({ data: this.#data, previous, pauses: PATIENT_PAUSES_MS });
    this.#begin(bringUp).catch((cause: unknown) => {
      if (this.#isOver) return;
      const { log, gaveUp } = this.#context;
      const message = `nothing is synced by itself any more: ${String(cause)}`;
      gaveUp(
        cause instanceof WalError
          ? cause
          : new WalError('SHALE_INTERNAL', message, { path: log.path, cause }),
      );
    });
  }
}

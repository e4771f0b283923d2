import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mustBe, WalError } from '@shale/codec';
import { type Holder, readBag } from '@shale/storage';

/** How much the log may take on its disk, and what happens when it does. */
export interface DiskOptions {
  /**
   * Bytes that all files right in the directory of the database take on the disk: with the space reserve, and with RocksDB's
   * log files, which stand for what is in memory and are set aside ahead of that. Less than some hundred MiB wants a
   * smaller `rocksdb.writeBufferSize` and `rocksdb.spaceReserve`.
   *
   * @range 2^24 to 2^53-1
   */
  readonly budgetBytes: number;
  /**
   * `'refuse'`: appends reject with SHALE_NO_SPACE while there is no room; trims, drops and the positions of consumers go
   * on. `'dropOldest'`: from nine tenths of the budget on, the oldest entries go of the largest tables that `wal.retain`
   * has given `atMost: 'disk'`, whether consumers need them or not; only where that makes no room in time, or there are no
   * such tables, appends are refused.
   *
   * @defaultValue `'refuse'`
   */
  readonly policy?: 'refuse' | 'dropOldest' | undefined;
}

/** What makes room on the disk. */
export interface RoomMaking {
  /** Writes what is in memory to table files, so that log files go. */
  flush(): Promise<void>;
  /** Lets the oldest entries go of tables that may yield; whether any did. */
  yieldOldest(): Promise<boolean>;
  /** Gives back the space of what was trimmed; whether there was anything. */
  reclaim(): Promise<boolean>;
  /** The consumer that most is kept for; null for none. */
  holder(): Promise<Holder | null>;
}

/** That of a thread which leaves it to another one. */
export const NO_ROOM_MAKING: RoomMaking = {
  flush: async () => {},
  yieldOldest: async () => false,
  reclaim: async () => false,
  holder: async () => null,
};

/** What a disk budget needs of the WAL. */
export interface DiskContext extends RoomMaking {
  readonly path: string;
  /** Bytes of what was accepted and is not in yet. */
  pendingBytes(): number;
}

/** The files are looked at so often. */
const EVERY_MS = 500;
/** Looks are so many times as far apart as they take; making room is, too, and less so while entries are refused. */
const REST = 20;
const REST_OF_ROOM = 2;
const REST_WHEN_SHORT = 0.5;
/** From this part of the budget on the oldest entries go. */
const YIELD_FROM = 0.9;
/** When entries were refused, this part of the budget must be free before they are let in again. */
const ROOM = 1 / 64;
/** So often they go before the other work of making room has its turn. */
const MOST_YIELDS = 4;
/** Log files that hold this part of the budget, or so many bytes, are worth a flush. */
const FLUSH_FROM = 1 / 32;
const FLUSH_LEAST = 2 ** 20;
/** It is asked so often whom entries are kept for. */
const HOLDER_MS = 10_000;
/** Files whose sizes are asked for at a time. */
const STATS_AT_ONCE = 64;

/** Checks the option `disk`. Throws SHALE_INVALID_ARGUMENT. */
export function toDiskOption(given: unknown): DiskOptions | null {
  if (given === null) return null;
  const { budgetBytes, policy = 'refuse' } = readBag('disk', given, ['budgetBytes', 'policy']);
  if (typeof budgetBytes !== 'number' || !Number.isSafeInteger(budgetBytes) || budgetBytes < 2 ** 24)
    throw mustBe('budgetBytes', 'an integer from 2^24 to 2^53-1', budgetBytes);
  if (policy !== 'refuse' && policy !== 'dropOldest')
    throw mustBe('policy', "'refuse' or 'dropOldest'", policy);
  return { budgetBytes, policy };
}

/**
 * Holds a log to a size: looks at its files now and then, counts what is accepted in between, and refuses entries while
 * both together are more than the budget. It makes room where it may, and lets entries in again by itself when there is
 * some. Without a budget it does nothing.
 */
export class DiskBudget {
  readonly #context: DiskContext;
  readonly #options: DiskOptions | null;
  /** Bytes accepted so far, and how many there may be in all; from `#lookFrom` on the files are looked at. */
  #accepted = 0;
  /** Nothing is refused by what is not known. */
  #limit = Number.POSITIVE_INFINITY;
  #lookFrom = 0;
  #files: FileBytes = { all: 0, logs: 0 };
  #error: WalError | null = null;
  #holder: Holder | null = null;
  #holderAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #nextAt = 0;
  #making: Promise<void> | null = null;
  #madeAt = 0;
  #makingMs = 0;
  #finding: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(context: DiskContext, options: DiskOptions | null) {
    this.#context = context;
    this.#options = options;
  }

  /** Begins: resolves when it is known what there is. Its timer never keeps the process running. */
  async start(): Promise<void> {
    if (this.#options === null) return;
    this.#timer = setInterval(() => this.#tick(), EVERY_MS);
    this.#timer.unref();
    this.#tick();
    await this.#looking;
  }

  /** Begins nothing more, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
    await this.#making;
    await this.#finding;
  }

  /** Takes so many bytes in, or returns the error for them. */
  admit(bytes: number): WalError | null {
    const options = this.#options;
    if (options === null) return null;
    if (this.#error !== null) return this.#error;
    this.#accepted += bytes;
    if (this.#accepted < this.#lookFrom) return null;
    return this.#isShort(options);
  }

  #isShort(options: DiskOptions): WalError | null {
    if (this.#accepted >= this.#limit) {
      this.#error = this.#overBudget(options);
      // One that is refused again and again by little room is told, too, for whom most is kept.
      this.#findHolder(options);
    }
    this.#tick();
    return this.#error;
  }

  #tick(): void {
    if (this.#looking !== null || this.#isStopped || performance.now() < this.#nextAt) return;
    this.#looking = this.#look().finally(() => {
      this.#looking = null;
    });
  }

  async #look(): Promise<void> {
    const options = this.#options;
    if (options === null) return;
    const startedAt = performance.now();
    try {
      await this.#measure(options);
    } catch {
      // It is looked at again; until then what is known counts.
    }
    const endedAt = performance.now();
    this.#nextAt = endedAt + (endedAt - startedAt) * REST;
    if (this.#error !== null) this.#findHolder(options);
    if (this.#needsRoom(options)) this.#make(options);
  }

  async #measure({ budgetBytes }: DiskOptions): Promise<void> {
    const { path, pendingBytes } = this.#context;
    // What is accepted from here on may be among the files already.
    const accepted = this.#accepted;
    const pending = pendingBytes();
    this.#files = await bytesOf(path);
    const left = budgetBytes - this.#files.all - pending;
    this.#limit = accepted + left;
    this.#lookFrom = accepted + left / 2;
    if (this.#limit - this.#accepted > budgetBytes * ROOM) this.#error = null;
  }

  #needsRoom({ budgetBytes, policy }: DiskOptions): boolean {
    if (this.#accepted >= this.#limit || this.#error !== null) return true;
    return policy === 'dropOldest' && this.#isCrowded(budgetBytes);
  }

  #isCrowded(budgetBytes: number): boolean {
    return this.#limit - this.#accepted < budgetBytes * (1 - YIELD_FROM);
  }

  #make(options: DiskOptions): void {
    const startedAt = performance.now();
    const rest = this.#makingMs * (this.#error === null ? REST_OF_ROOM : REST_WHEN_SHORT);
    if (this.#making !== null || this.#isStopped || startedAt < this.#madeAt + rest) return;
    this.#making = this.#makeRoom(options).finally(() => {
      this.#madeAt = performance.now();
      this.#makingMs = this.#madeAt - startedAt;
      this.#making = null;
    });
  }

  /** What fails of it is tried again the next time. */
  async #makeRoom(options: DiskOptions): Promise<void> {
    const { budgetBytes, policy } = options;
    const { logs } = this.#files;
    if (logs >= FLUSH_LEAST && logs >= budgetBytes * FLUSH_FROM) await this.#try(() => this.#context.flush());
    await this.#try(() => this.#context.reclaim());
    await this.#try(() => this.#measure(options));
    for (let n = 0; n < MOST_YIELDS && policy === 'dropOldest' && this.#isCrowded(budgetBytes); n++) {
      if ((await this.#try(() => this.#context.yieldOldest())) !== true) break;
      await this.#try(() => this.#context.reclaim());
      await this.#try(() => this.#measure(options));
    }
  }

  #findHolder(options: DiskOptions): void {
    if (this.#finding !== null || performance.now() - this.#holderAt < HOLDER_MS) return;
    this.#finding = this.#try(() => this.#context.holder()).then((holder = null) => {
      this.#finding = null;
      this.#holderAt = performance.now();
      this.#holder = holder;
      if (this.#error !== null) this.#error = this.#overBudget(options);
    });
  }

  async #try<R>(act: () => Promise<R>): Promise<R | undefined> {
    if (this.#isStopped) return undefined;
    try {
      return await act();
    } catch {
      return undefined;
    }
  }

  #overBudget({ budgetBytes }: DiskOptions): WalError {
    const { path } = this.#context;
    const usedBytes = Math.round(budgetBytes + this.#accepted - this.#limit);
    const error = new WalError(
      'SHALE_NO_SPACE',
      `the log takes ${usedBytes} bytes of its disk budget of ${budgetBytes}; nothing was written: trim, retain less, let consumers go on or drop them, or open with a larger budget; appends go on by themselves when there is room`,
      { path, details: { budgetBytes, usedBytes } },
    );
    // One of long ago may have gone on, or be gone.
    const isKnown = performance.now() - this.#holderAt < HOLDER_MS * 2;
    return isKnown && this.#holder !== null ? withHolder(error, this.#holder) : error;
  }
}

/** The same error, which says whom entries are kept for. */
export function withHolder(error: WalError, { consumer, lag }: Holder): WalError {
  return new WalError(
    error.code,
    `${error.message}; most is kept for the consumer ${JSON.stringify(consumer)}, which is ${lag} entries behind`,
    { path: error.path, details: { ...error.details, consumer, lag }, cause: error.cause },
  );
}

/** Bytes of files on the disk: of all, and what log files hold. */
interface FileBytes {
  readonly all: number;
  readonly logs: number;
}

/** Bytes of the files right in a directory. One that goes meanwhile has none. */
async function bytesOf(directory: string): Promise<FileBytes> {
  let all = 0;
  let logs = 0;
  const names = await readdir(directory);
  for (let at = 0; at < names.length; at += STATS_AT_ONCE) {
    const some = names.slice(at, at + STATS_AT_ONCE).map(async (name) => {
      const found = await stat(join(directory, name)).catch(() => null);
      if (found === null || !found.isFile()) return;
      // What is set aside and not written takes what it takes.
      all += found.blocks * 512;
      if (name.endsWith('.log')) logs += found.size;
    });
    await Promise.all(some);
  }
  return { all, logs };
}

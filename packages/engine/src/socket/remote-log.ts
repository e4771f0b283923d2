import { type RecoveryReport, type TableId, tableKey, WalError } from '@shale/codec';
import { type LogState, type LogStats, toTableId } from '@shale/storage';
import type { LogView } from '../log-view.js';
import type { Opener } from '../share/opener.js';
import type { HowFar, SocketWelcome, ToOwner } from './wire.js';

/** The numbers of RocksDB are asked for again after so long. Milliseconds. */
const STATS_MS = 1000;
/** And so often how far the log is on stable storage, while somebody looks. */
const SYNCED_MS = 50;

interface Watch {
  readonly key: string;
  sawDrop: boolean;
}

/**
 * The log in the process that has opened it, as another one sees it. What has to be known at once is what was told last; it
 * comes in one order with what was written, and so fits it. Reads find nothing here: the shards are asked.
 */
export class RemoteLog implements LogView {
  readonly path: string;
  readonly handleId: number = -1;
  readonly recovery: RecoveryReport;
  readonly #say: (message: ToOwner) => void;
  readonly #opener: Opener;
  readonly #watches = new Map<bigint, Watch>();
  readonly #watched = new Map<string, Set<Watch>>();
  #state: LogState = 'open';
  #stats: LogStats;
  #statsAt = performance.now();
  #howFar: HowFar = { written: 0n, synced: 0n };
  #askedAt = 0;
  #drops = 0n;
  #last = 0n;

  constructor(
    { path, recovery, stats }: Exclude<SocketWelcome, { readonly refused: unknown }>,
    opener: Opener,
    say: (message: ToOwner) => void,
  ) {
    this.path = path;
    this.recovery = recovery;
    this.#stats = stats;
    this.#opener = opener;
    this.#say = say;
  }

  get state(): LogState {
    return this.#state;
  }

  get consumers(): never {
    throw this.#notHere('wal.consumers');
  }

  get retentions(): never {
    throw this.#notHere('wal.retentions');
  }

  /** The log is so far, at least. */
  isAt({ written, synced }: HowFar): void {
    const { written: before, synced: syncedBefore } = this.#howFar;
    this.#howFar = {
      written: written > before ? written : before,
      synced: synced > syncedBefore ? synced : syncedBefore,
    };
  }

  /** Something was done to tables: notes which were dropped. */
  heard(wrote: BigUint64Array): void {
    for (let at = 0; at + 3 < wrote.length; at += 4) {
      if (wrote[at + 3] !== 0n) continue;
      this.#drops++;
      const key = tableKey({ region: wrote[at] ?? 0n, table: wrote[at + 1] ?? 0n });
      for (const watch of this.#watched.get(key) ?? []) watch.sawDrop = true;
    }
  }

  /** Not everything was told: these watches have seen a drop, and there may be others that nobody watches. */
  doubted(dropped: readonly bigint[]): void {
    this.#drops++;
    for (const token of dropped) {
      const watch = this.#watches.get(token);
      if (watch !== undefined) watch.sawDrop = true;
    }
  }

  watch(id: TableId): bigint {
    const token = ++this.#last;
    const { region, table } = toTableId(id);
    const key = tableKey({ region, table });
    const watch: Watch = { key, sawDrop: false };
    this.#watches.set(token, watch);
    const same = this.#watched.get(key) ?? new Set();
    this.#watched.set(key, same.add(watch));
    this.#say({ watch: token, id: { region, table } });
    return token;
  }

  watchAnew(token: bigint): void {
    const watch = this.#watches.get(token);
    if (watch === undefined) return;
    watch.sawDrop = false;
    this.#say({ watchAnew: token });
  }

  sawDrop(token: bigint): boolean {
    return this.#watches.get(token)?.sawDrop === true;
  }

  unwatch(token: bigint): void {
    const watch = this.#watches.get(token);
    if (watch === undefined) return;
    this.#watches.delete(token);
    const same = this.#watched.get(watch.key);
    same?.delete(watch);
    if (same?.size === 0) this.#watched.delete(watch.key);
    this.#say({ unwatch: token });
  }

  dropCount(): bigint {
    return this.#drops;
  }

  async fetchStart(): Promise<null> {
    return null;
  }

  async fetchNext(): Promise<null> {
    return null;
  }

  async fetchEntry(): Promise<null> {
    return null;
  }

  peek(): undefined {
    return undefined;
  }

  peekNext(): null {
    return null;
  }

  writtenUpTo(): bigint {
    return this.#howFar.written;
  }

  /** Asked again and again, it gets on with what others sync. */
  syncedUpTo(): bigint {
    const { written, synced } = this.#howFar;
    const now = performance.now();
    if (synced < written && now - this.#askedAt > SYNCED_MS && this.#state === 'open') {
      this.#askedAt = now;
      // With the answer comes how far it is.
      this.#opener.ask({ want: 'synced' }).catch(() => undefined);
    }
    return synced;
  }

  async sync(): Promise<void> {
    await this.#opener.ask({ want: 'sync' });
  }

  /** As they were told last: those of now are asked for. */
  stats(): LogStats {
    const now = performance.now();
    if (now - this.#statsAt > STATS_MS && this.#state === 'open') {
      this.#statsAt = now;
      void this.#askStats().catch(() => undefined);
    }
    return this.#stats;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
  }

  openLoan(): never {
    throw this.#notHere('a loan');
  }

  endLoan(): never {
    throw this.#notHere('a loan');
  }

  async flush(): Promise<never> {
    throw this.#notHere('wal.flush');
  }

  async resume(): Promise<never> {
    throw this.#notHere('wal.resume');
  }

  async compact(): Promise<never> {
    throw this.#notHere('wal.compact');
  }

  async checkpoint(): Promise<never> {
    throw this.#notHere('wal.checkpoint');
  }

  async backup(): Promise<never> {
    throw this.#notHere('wal.backup');
  }

  damagedFiles(): never {
    throw this.#notHere('what is damaged');
  }

  checkFiles(): never {
    throw this.#notHere('wal.verify');
  }

  async #askStats(): Promise<void> {
    const answer = await this.#opener.ask({ want: 'stats' });
    if ('stats' in answer) this.#stats = answer.stats;
  }

  #notHere(what: string): WalError {
    return new WalError('SHALE_UNSUPPORTED', `${what} is for the process that has opened the WAL`, {
      path: this.path,
    });
  }
}

import { type KeyRange, LOG_KEY_PREFIX_LENGTH } from '@shale/codec';
import type { ReclaimReport } from '@shale/storage';

/** After a trim, before whole files are dropped. */
const SOON_MS = 300;
/** What is left is compacted away when nothing was written or trimmed for so long: it costs I/O. */
const QUIET_MS = 1000;

/** What giving back space has come to since the WAL was opened. */
export interface ReclaimStats {
  /** Reclaims that ended well. */
  readonly runs: number;
  /** Reclaims that failed; the space then comes back when RocksDB compacts by itself. */
  readonly failures: number;
  /** Trimmed tables whose space has not been given back yet. */
  readonly pending: number;
}

/** What the reclaimer needs of the WAL. */
export interface ReclaimContext {
  reclaim(ranges: readonly KeyRange[], deep: boolean): Promise<ReclaimReport>;
  /** A number that changes whenever something is written. */
  activity(): number;
}

/**
 * Gives back the space of trimmed entries in the background: whole files soon after a trim, the rest by compaction
 * once the WAL is quiet. One reclaim at a time; its timers never keep the process running.
 */
export class Reclaimer {
  readonly #context: ReclaimContext;
  /** What each table's trims have emptied, by the beginning of its keys: a later trim covers the earlier ones. */
  readonly #ranges = new Map<string, KeyRange>();
  #timer: NodeJS.Timeout | null = null;
  #next: 'shallow' | 'deep' = 'shallow';
  #state: 'idle' | 'running' | 'stopped' = 'idle';
  #runs = 0;
  #failures = 0;

  constructor(context: ReclaimContext) {
    this.#context = context;
  }

  get stats(): ReclaimStats {
    return { runs: this.#runs, failures: this.#failures, pending: this.#ranges.size };
  }

  /** A trim has emptied this range. */
  trimmed(range: KeyRange): void {
    if (this.#state === 'stopped') return;
    this.#ranges.set(tableKey(range.lower), range);
    // A shallow one that is due already takes this range along.
    if (this.#state === 'idle' && (this.#timer === null || this.#next === 'deep')) this.#wait('shallow');
  }

  /** A table is gone, and what was trimmed of it is not to be touched again. */
  dropped(prefix: Uint8Array): void {
    this.#ranges.delete(tableKey(prefix));
  }

  /** Starts nothing any more. */
  stop(): void {
    this.#state = 'stopped';
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#ranges.clear();
  }

  #wait(next: 'shallow' | 'deep'): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#next = next;
    const activity = this.#context.activity();
    const due = (): void => {
      this.#timer = null;
      if (next === 'deep' && this.#context.activity() !== activity) this.#wait('deep');
      else void this.#run(next === 'deep');
    };
    this.#timer = setTimeout(due, next === 'deep' ? QUIET_MS : SOON_MS);
    this.#timer.unref();
  }

  async #run(deep: boolean): Promise<void> {
    this.#state = 'running';
    const ranges = [...this.#ranges.entries()];
    try {
      await this.#context.reclaim(
        ranges.map(([, range]) => range),
        deep,
      );
      this.#runs++;
    } catch {
      // Giving back space is a favour: trimmed entries are gone either way, and RocksDB compacts by itself too.
      this.#failures++;
    }
    if (this.#isStopped()) return;
    this.#state = 'idle';
    // What was trimmed meanwhile begins anew.
    if (deep)
      for (const [key, range] of ranges) if (this.#ranges.get(key) === range) this.#ranges.delete(key);
    if (this.#ranges.size > 0) this.#wait(deep ? 'shallow' : 'deep');
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }
}

function tableKey(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, LOG_KEY_PREFIX_LENGTH).toString('latin1');
}

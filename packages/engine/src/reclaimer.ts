import type { KeyRange, TableId } from '@shale/codec';
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
  /** Gives back ranges of tables that have not been dropped; tables may be dropped while it runs. */
  reclaim(ranges: readonly KeyRange[], deep: boolean): Promise<ReclaimReport>;
  /** A number that changes whenever something is written. */
  activity(): number;
  /** Whether there is room to compact: a full disk only lets go of whole files, until it is resumed. */
  well(): boolean;
}

/** What a trim has emptied, and of which table. */
interface Emptied {
  readonly id: TableId;
  readonly range: KeyRange;
}

/**
 * Gives back the space of trimmed entries in the background: whole files soon after a trim, the rest by compaction
 * once the WAL is quiet. One reclaim at a time; its timers never keep the process running.
 *
 * A table that is dropped may begin anew in the range that it had been trimmed by, so such ranges are given up: those
 * that are known when the drop is asked for, and those of trims under way then. Of drops that come while a reclaim
 * runs, the reclaim itself takes care.
 */
export class Reclaimer {
  readonly #context: ReclaimContext;
  /** By table id and region. A later trim of the table covers the earlier ones. */
  readonly #emptied = new Map<bigint, Map<bigint, Emptied>>();
  /** Trims that have not been answered yet, and whether their table was dropped meanwhile. */
  readonly #trims = new Set<{ readonly table: bigint; isDropped: boolean }>();
  #timer: NodeJS.Timeout | null = null;
  #next: 'shallow' | 'deep' = 'shallow';
  #state: 'idle' | 'running' | 'stopped' = 'idle';
  #running: Promise<unknown> = Promise.resolve();
  #runs = 0;
  #failures = 0;

  constructor(context: ReclaimContext) {
    this.#context = context;
  }

  get stats(): ReclaimStats {
    let pending = 0;
    for (const regions of this.#emptied.values()) pending += regions.size;
    return { runs: this.#runs, failures: this.#failures, pending };
  }

  /** Does a trim, and takes note of what it has emptied. */
  async trim<R extends { readonly range: KeyRange | null }>(
    id: TableId,
    work: () => Promise<R>,
  ): Promise<Omit<R, 'range'>> {
    const trim = { table: id.table, isDropped: false };
    this.#trims.add(trim);
    try {
      const { range, ...result } = await work();
      if (range !== null && !trim.isDropped) this.#note({ id, range });
      return result;
    } finally {
      this.#trims.delete(trim);
    }
  }

  /**
   * Does a drop; what the table was trimmed by is not to be touched again. Neither are tables of the same id in other
   * regions, whose metadata record goes with it.
   */
  async drop(id: TableId, work: () => Promise<unknown>): Promise<void> {
    this.#forget(id.table);
    try {
      await work();
    } finally {
      this.#forget(id.table);
    }
  }

  /** Gives back everything now, by compaction too. Rejects with what it fails with; then it is tried again later. */
  async now(): Promise<ReclaimReport> {
    while (this.#state === 'running') await this.#running;
    return await this.#run('deep', 'keep');
  }

  /** Starts nothing any more. */
  stop(): void {
    this.#state = 'stopped';
    this.#cancel();
    this.#emptied.clear();
  }

  #note(emptied: Emptied): void {
    if (this.#state === 'stopped') return;
    const { region, table } = emptied.id;
    const regions = this.#emptied.get(table) ?? new Map<bigint, Emptied>();
    regions.set(region, emptied);
    this.#emptied.set(table, regions);
    // A shallow one that is due already takes this range along.
    if (this.#state === 'idle' && (this.#timer === null || this.#next === 'deep')) this.#wait('shallow');
  }

  #forget(table: bigint): void {
    this.#emptied.delete(table);
    for (const trim of this.#trims) if (trim.table === table) trim.isDropped = true;
  }

  #wait(next: 'shallow' | 'deep'): void {
    this.#cancel();
    this.#next = next;
    const activity = this.#context.activity();
    const due = (): void => {
      this.#timer = null;
      const mustWait = !this.#context.well() || this.#context.activity() !== activity;
      if (next === 'deep' && mustWait) this.#wait('deep');
      // Giving back space is a favour: trimmed entries are gone either way, and RocksDB compacts by itself too.
      else this.#run(next, 'forget').catch(() => undefined);
    };
    this.#timer = setTimeout(due, next === 'deep' ? QUIET_MS : SOON_MS);
    this.#timer.unref();
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** @param onFailure what to do with what could not be compacted away: RocksDB compacts by itself, too, some time */
  async #run(how: 'shallow' | 'deep', onFailure: 'keep' | 'forget'): Promise<ReclaimReport> {
    this.#cancel();
    if (this.#state === 'idle') this.#state = 'running';
    const taken = [...this.#emptied.values()].flatMap((regions) => [...regions.values()]);
    const work = this.#context.reclaim(
      taken.map(({ range }) => range),
      how === 'deep',
    );
    const ended = work.then(
      () => {
        this.#runs++;
        if (how === 'deep') this.#settle(taken);
      },
      () => {
        this.#failures++;
        if (how === 'deep' && onFailure === 'forget') this.#settle(taken);
      },
    );
    this.#running = ended.then(() => {
      if (this.#state !== 'running') return;
      this.#state = 'idle';
      if (this.#emptied.size > 0) this.#wait(how === 'deep' ? 'shallow' : 'deep');
    });
    await this.#running;
    return await work;
  }

  /** There is nothing more to do for these; what the tables were trimmed by since stays. */
  #settle(done: readonly Emptied[]): void {
    for (const emptied of done) {
      const regions = this.#emptied.get(emptied.id.table);
      if (regions?.get(emptied.id.region) !== emptied) continue;
      regions.delete(emptied.id.region);
      if (regions.size === 0) this.#emptied.delete(emptied.id.table);
    }
  }
}

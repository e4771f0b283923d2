import { type KeyRange, type OverArrayBuffer, type TableId, tableRangeUpTo } from '@shale/codec';
import type { ReclaimReport } from '@shale/storage';
import { TRIMMED_STRIDE } from './shard/protocol.js';
import type { TableRef } from './table-ref.js';

/** After a trim, before whole files are dropped. */
const SOON_MS = 300;
/** What is left is compacted away when nothing was written or trimmed for so long: it costs I/O. */
const QUIET_MS = 1000;
/**
 * The most trimmed tables that are remembered each by itself. Of those beyond only the span that they lie in is known:
 * its space comes back by compaction alone, with all that it holds.
 */
export const MOST_TABLES = 16_384;
/**
 * How many times as long as dropping files took they are left alone after it: there may be as much to look at again.
 * What compactions took does not count, which may be hours.
 */
const REST = 10;
const MOST_REST_MS = 10_000;

/** Totals of giving back space since the WAL was opened. */
export interface ReclaimStats {
  /** Reclaims that succeeded. */
  readonly runs: number;
  /** Reclaims that failed; the space then comes back when RocksDB compacts by itself. */
  readonly failures: number;
  /** Trimmed tables whose space has not been given back yet; at most 16,384, however many more there are. */
  readonly pending: number;
}

/** What the reclaimer needs of the WAL. */
export interface ReclaimContext {
  readonly instance: number;
  /**
   * Gives back what was trimmed of tables that have not been dropped; tables may be dropped while it runs.
   *
   * @param trimmed of each table its region, its id, and the last sequence that is gone; it is given away
   * @param span what to compact beside them when it is deep, whatever it holds; null: nothing
   */
  reclaim(
    trimmed: OverArrayBuffer<BigUint64Array>,
    deep: boolean,
    span: KeyRange | null,
  ): Promise<ReclaimReport>;
  /** A number that changes whenever something is written. */
  activity(): number;
  /** Whether there is room to compact: a full disk only lets go of whole files, until it is resumed. */
  isHealthy(): boolean;
}

/** A table that was trimmed, and the last sequence that is gone. */
interface Trimmed {
  readonly id: TableId;
  upTo: bigint;
}

/** A trim that has not been answered yet. */
export interface TrimUnderWay {
  readonly ref: TableRef;
  /** Whether its table was dropped meanwhile. */
  isDropped: boolean;
}

/**
 * Gives back the space of trimmed entries in the background: whole files soon after a trim, the rest by compaction
 * once the WAL is quiet. One reclaim at a time; its timers never keep the process running.
 *
 * A dropped table may begin again in the range that it had been trimmed by, so such ranges are given up: those
 * that are known when the drop is asked for, and those of trims under way then. Of drops that come while a reclaim
 * runs, the reclaim itself takes care.
 */
export class Reclaimer {
  readonly #context: ReclaimContext;
  /** By table id and region. */
  readonly #trimmed = new Map<bigint, Map<bigint, Trimmed>>();
  #tables = 0;
  /** What the tables lie in that were trimmed while there were too many to remember. */
  #span: KeyRange | null = null;
  readonly #trims = new Set<TrimUnderWay>();
  #timer: NodeJS.Timeout | null = null;
  #next: 'shallow' | 'deep' = 'shallow';
  #restMs = 0;
  #state: 'idle' | 'running' | 'stopped' = 'idle';
  #running: Promise<unknown> = Promise.resolve();
  #runs = 0;
  #failures = 0;

  constructor(context: ReclaimContext) {
    this.#context = context;
  }

  get stats(): ReclaimStats {
    return { runs: this.#runs, failures: this.#failures, pending: this.#tables };
  }

  /** A trim goes into a frame. */
  begin(trim: TrimUnderWay): void {
    this.#trims.add(trim);
  }

  /**
   * A trim that has begun has its answer.
   *
   * @param removed the last sequence that it removed, 0n for none
   */
  end(trim: TrimUnderWay, removed: bigint): void {
    const isKnown = this.#trims.delete(trim);
    const { address } = trim.ref;
    if (isKnown && removed > 0n && !trim.isDropped && address !== null) this.#note(address.id, removed);
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
    this.#trimmed.clear();
    this.#tables = 0;
    this.#span = null;
  }

  #note(id: TableId, upTo: bigint): void {
    if (this.#state === 'stopped') return;
    const regions = this.#trimmed.get(id.table);
    const known = regions?.get(id.region);
    if (known !== undefined) {
      // A later trim of the table covers the earlier ones.
      known.upTo = upTo;
    } else if (this.#tables >= MOST_TABLES) {
      this.#widen(id, upTo);
    } else {
      this.#tables++;
      if (regions !== undefined) regions.set(id.region, { id, upTo });
      else this.#trimmed.set(id.table, new Map([[id.region, { id, upTo }]]));
    }
    // A shallow one that is due already takes this range along.
    if (this.#state === 'idle' && (this.#timer === null || this.#next === 'deep')) this.#wait('shallow');
  }

  /** Makes a new object every time, by which a reclaim that is running tells that the span has been trimmed again. */
  #widen(id: TableId, upTo: bigint): void {
    const { lower, upper } = tableRangeUpTo(this.#context.instance, id, upTo);
    const span = this.#span;
    this.#span = {
      lower: span === null || Buffer.compare(lower, span.lower) < 0 ? lower : span.lower,
      upper: span === null || Buffer.compare(upper, span.upper) > 0 ? upper : span.upper,
    };
  }

  #forget(table: bigint): void {
    this.#tables -= this.#trimmed.get(table)?.size ?? 0;
    this.#trimmed.delete(table);
    for (const trim of this.#trims) if (trim.ref.address?.id.table === table) trim.isDropped = true;
  }

  #wait(next: 'shallow' | 'deep'): void {
    this.#cancel();
    this.#next = next;
    const activity = this.#context.activity();
    const due = (): void => {
      this.#timer = null;
      const mustWait = !this.#context.isHealthy() || this.#context.activity() !== activity;
      if (next === 'deep' && mustWait) this.#wait('deep');
      // Reclaiming is best effort: trimmed entries are gone either way, and RocksDB compacts on its own.
      else this.#run(next, 'forget').catch(() => undefined);
    };
    this.#timer = setTimeout(due, next === 'deep' ? QUIET_MS : Math.max(SOON_MS, this.#restMs));
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
    const span = this.#span;
    const taken = this.#take();
    const work = this.#context.reclaim(packed(taken), how === 'deep', span);
    // A shallow one has nothing to settle.
    const settled = how === 'deep' ? taken.map((table) => ({ table, upTo: table.upTo })) : [];
    const settle = (): void => {
      for (const { table, upTo } of settled) if (table.upTo === upTo) this.#remove(table);
      if (this.#span === span) this.#span = null;
    };
    const ended = work.then(
      ({ elapsedMs }) => {
        this.#runs++;
        if (how === 'shallow') this.#restMs = Math.min(elapsedMs * REST, MOST_REST_MS);
        if (how === 'deep') settle();
      },
      () => {
        this.#failures++;
        if (how === 'deep' && onFailure === 'forget') settle();
      },
    );
    this.#running = ended.then(() => {
      if (this.#state !== 'running') return;
      this.#state = 'idle';
      if (this.#tables > 0 || this.#span !== null) this.#wait(how === 'deep' ? 'shallow' : 'deep');
    });
    await this.#running;
    return await work;
  }

  #take(): Trimmed[] {
    const taken: Trimmed[] = [];
    for (const regions of this.#trimmed.values()) for (const table of regions.values()) taken.push(table);
    return taken;
  }

  /** There is nothing more to do for this one, unless it was dropped and trimmed again. */
  #remove(trimmed: Trimmed): void {
    const { region, table } = trimmed.id;
    const regions = this.#trimmed.get(table);
    if (regions?.get(region) !== trimmed) return;
    this.#tables--;
    regions.delete(region);
    if (regions.size === 0) this.#trimmed.delete(table);
  }
}

/**
 * For a thread, which makes the ranges of it at its own pace: there may be thousands, and they are asked for again and
 * again.
 */
function packed(tables: readonly Trimmed[]): OverArrayBuffer<BigUint64Array> {
  const words = new BigUint64Array(tables.length * TRIMMED_STRIDE);
  let at = 0;
  for (const { id, upTo } of tables) {
    words[at] = id.region;
    words[at + 1] = id.table;
    words[at + 2] = upTo;
    at += TRIMMED_STRIDE;
  }
  return words;
}

import { type KeyRange, type OverArrayBuffer, type TableId, tableRangeUpTo, U64_MAX } from '@shale/codec';
import type { ReclaimReport, WorthReport } from '@shale/storage';
import type { ReclaimPolicy } from './reclaim-policy.js';
import { TRIMMED_STRIDE } from './shard/protocol.js';
import type { TableRef } from './table-ref.js';

/** After a trim, before whole files are dropped. */
const SOON_MS = 300;
/** What compactions are worth is looked at when nothing was written or trimmed for so long. */
const QUIET_MS = 1000;
/** In a log that is never quiet, it is looked at each time that so many bytes were appended. */
const MOST_BYTES_BETWEEN = 2 ** 30;
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
/** What compactions are worth is looked at again with so many times what the last ones have left. */
const AGAIN = 9 / 8;

/** Totals of giving back space since the WAL was opened. */
export interface ReclaimStats {
  /** Reclaims that succeeded. */
  readonly runs: number;
  /** Reclaims that failed; the space then comes back when RocksDB compacts by itself. */
  readonly failures: number;
  /** Trimmed and dropped tables whose space has not been given back yet; at most 16,384, however many more there are. */
  readonly pending: number;
  /**
   * About how many bytes those take in table files and in memory, as of the last look: what is too little to be worth
   * more than it gives.
   */
  readonly pendingBytes: number;
}

/** What the reclaimer needs of the WAL. */
export interface ReclaimContext {
  readonly instance: number;
  /** Null: nothing happens in the background. */
  readonly worth: Required<ReclaimPolicy> | null;
  /**
   * Gives back what was trimmed of tables that have not been dropped; tables may be dropped while it runs.
   *
   * @param trimmed of each table its region, its id, and the last sequence that is gone; it is given away
   * @param spans what to compact beside them when it is deep, whatever it holds
   */
  reclaim(
    trimmed: OverArrayBuffer<BigUint64Array>,
    deep: boolean,
    spans: readonly KeyRange[],
  ): Promise<ReclaimReport>;
  /** About how many bytes each takes, in table files and in memory, in the same order. */
  weigh(trimmed: OverArrayBuffer<BigUint64Array>): Promise<Float64Array>;
  /** Compacts where it is worth it. */
  compact(trimmed: OverArrayBuffer<BigUint64Array>, worth: Required<ReclaimPolicy>): Promise<WorthReport>;
  /** A number that changes whenever something is written. */
  activity(): number;
  /** Payload bytes appended so far. */
  appendedBytes(): number;
  /** Whether there is room to compact: a full disk only lets go of whole files, until it is resumed. */
  isHealthy(): boolean;
}

/** A table that was trimmed, and the last sequence that is gone; or dropped, and all of it is. */
interface Trimmed {
  readonly id: TableId;
  upTo: bigint;
  /** Bytes in table files and in memory, as of the last look. */
  bytes: number;
}

/** A trim that has not been answered yet. */
export interface TrimUnderWay {
  readonly ref: TableRef;
  /** Whether its table was dropped meanwhile. */
  isDropped: boolean;
}

/**
 * Gives back the space of trimmed entries and dropped tables in the background: whole files soon after a trim; the rest
 * by compaction, once the WAL is quiet or much was appended, where that is worth what it reads and writes. One reclaim at a
 * time; its timers never keep the process running.
 *
 * What was looked at is looked at again only with something new: whole files with what was trimmed since, and what
 * compactions are worth when there is an eighth more to gain than they left.
 *
 * A dropped table may begin again in the range that it had been trimmed by, so such ranges are given up: those that are
 * known when the drop is asked for, and those of trims under way then. Of drops that come while a reclaim runs, the
 * reclaim itself takes care. A dropped table is compacted, which removes nothing that can be read; no file of it is
 * dropped.
 */
export class Reclaimer {
  readonly #context: ReclaimContext;
  /** By table id and region. */
  readonly #trimmed = new Map<bigint, Map<bigint, Trimmed>>();
  #tables = 0;
  /** Those that whole files have not been looked for, with what was trimmed since. */
  readonly #fresh = new Set<Trimmed>();
  /** Those of which `bytes` is of before. */
  readonly #unweighed = new Set<Trimmed>();
  /** How much there must be to gain for a look at what compactions are worth. */
  #worthFrom = 0;
  /** Payload bytes that had been appended at the last such look. */
  #lookedAt = 0;
  /** What the tables lie in that were trimmed while there were too many to remember. */
  #span: KeyRange | null = null;
  /** Trims in the span since it was compacted, and how many there must be for the next time. */
  #spanTrims = 0;
  #spanFrom = 1;
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
    return {
      runs: this.#runs,
      failures: this.#failures,
      pending: this.#tables,
      pendingBytes: this.#bytesOf(this.#all()),
    };
  }

  /** Whether anything was trimmed whose space may not have come back. */
  get isPending(): boolean {
    return this.#tables > 0 || this.#span !== null;
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
    this.#note(id, U64_MAX);
  }

  /**
   * Gives back everything now, by compaction too, whatever that is worth. Rejects with what it fails with; then it is
   * tried again later.
   */
  async now(): Promise<ReclaimReport> {
    while (this.#state === 'running') await this.#running;
    return await this.#run(() => this.#reclaimAll());
  }

  /** Starts nothing any more. */
  stop(): void {
    this.#state = 'stopped';
    this.#cancel();
    for (const table of this.#all()) this.#remove(table);
    this.#span = null;
  }

  /** @param upTo the last sequence that is gone; all there are: the table was dropped */
  #note(id: TableId, upTo: bigint): void {
    if (this.#state === 'stopped') return;
    const regions = this.#trimmed.get(id.table);
    let table = regions?.get(id.region);
    if (table !== undefined) {
      // A later trim of the table covers the earlier ones; of one that has begun again, only what it covers is gone.
      table.upTo = upTo;
    } else if (this.#tables >= MOST_TABLES) {
      this.#widen(id, upTo);
    } else {
      this.#tables++;
      table = { id, upTo, bytes: 0 };
      if (regions !== undefined) regions.set(id.region, table);
      else this.#trimmed.set(id.table, new Map([[id.region, table]]));
    }
    if (table !== undefined) {
      this.#unweighed.add(table);
      if (upTo === U64_MAX) this.#fresh.delete(table);
      else this.#fresh.add(table);
    }
    // A shallow one that is due already takes this range along.
    if (this.#state === 'idle' && (this.#timer === null || this.#next === 'deep')) this.#plan();
  }

  /** Makes a new object every time, by which a reclaim that is running tells that the span has been trimmed again. */
  #widen(id: TableId, upTo: bigint): void {
    const { lower, upper } = tableRangeUpTo(this.#context.instance, id, upTo);
    const span = this.#span;
    this.#spanTrims++;
    this.#span = {
      lower: span === null || Buffer.compare(lower, span.lower) < 0 ? lower : span.lower,
      upper: span === null || Buffer.compare(upper, span.upper) > 0 ? upper : span.upper,
    };
  }

  #forget(table: bigint): void {
    for (const trimmed of this.#trimmed.get(table)?.values() ?? []) this.#remove(trimmed);
    for (const trim of this.#trims) if (trim.ref.address?.id.table === table) trim.isDropped = true;
  }

  /** Waits for the next reclaim, if there is anything to look at. */
  #plan(): void {
    if (this.#context.worth === null) return;
    if (this.#fresh.size > 0) this.#wait('shallow');
    else if (this.#unweighed.size > 0 || this.#isSpanDue) this.#wait('deep');
  }

  get #isSpanDue(): boolean {
    return this.#span !== null && this.#spanTrims >= this.#spanFrom;
  }

  #wait(next: 'shallow' | 'deep'): void {
    this.#cancel();
    this.#next = next;
    const activity = this.#context.activity();
    const due = (): void => {
      this.#timer = null;
      const isQuiet = this.#context.activity() === activity;
      const isOverdue = this.#context.appendedBytes() - this.#lookedAt >= MOST_BYTES_BETWEEN;
      const mustWait = !this.#context.isHealthy() || !(isQuiet || isOverdue);
      if (next === 'deep' && mustWait) this.#wait('deep');
      // Reclaiming is best effort: trimmed entries are gone either way, and RocksDB compacts on its own.
      else this.#run(() => (next === 'deep' ? this.#compact() : this.#dropFiles())).catch(() => undefined);
    };
    this.#timer = setTimeout(due, next === 'deep' ? QUIET_MS : Math.max(SOON_MS, this.#restMs));
    this.#timer.unref();
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #run<R>(work: () => Promise<R>): Promise<R> {
    this.#cancel();
    if (this.#state === 'idle') this.#state = 'running';
    const result = work();
    const ended = result.then(
      () => {
        this.#runs++;
      },
      () => {
        this.#failures++;
      },
    );
    this.#running = ended.then(() => {
      if (this.#state !== 'running') return;
      this.#state = 'idle';
      this.#plan();
    });
    await this.#running;
    return await result;
  }

  /** Drops whole files, of what was trimmed since the last time. */
  async #dropFiles(): Promise<void> {
    // Should it fail, compactions do it, and the next look at these comes with their next trim.
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    if (fresh.length === 0) return;
    const { elapsedMs } = await this.#context.reclaim(packed(fresh), false, []);
    this.#restMs = Math.min(elapsedMs * REST, MOST_REST_MS);
  }

  /** Compacts where it is worth it. */
  async #compact(): Promise<void> {
    const { worth } = this.#context;
    if (worth === null) return;
    this.#lookedAt = this.#context.appendedBytes();
    await this.#compactSpan();
    await this.#weigh();
    const all = this.#all();
    const toGain = this.#bytesOf(all);
    if (toGain === 0 || toGain < this.#worthFrom) return;
    // Should it fail, or free less than it promised, it is left alone for longer.
    this.#worthFrom = toGain * 2;
    const asked = all.map((table) => ({ table, upTo: table.upTo }));
    const { left, bytesRead } = await this.#context.compact(packed(all), worth);
    for (const [index, { table, upTo }] of asked.entries()) this.#weighed(table, upTo, left[index] ?? 0);
    const isLeft = this.#bytesOf(this.#all());
    if (toGain - isLeft >= (bytesRead * worth.minRatio) / 2) this.#worthFrom = isLeft * AGAIN;
  }

  /** How much is to be gained in the span is not known: it is compacted at ever longer intervals. */
  async #compactSpan(): Promise<void> {
    const span = this.#span;
    if (span === null || !this.#isSpanDue) return;
    this.#spanFrom = this.#spanTrims * 2;
    this.#spanTrims = 0;
    await this.#context.reclaim(packed([]), true, [span]);
    if (this.#span === span) this.#span = null;
  }

  async #weigh(): Promise<void> {
    const asked = [...this.#unweighed].map((table) => ({ table, upTo: table.upTo }));
    this.#unweighed.clear();
    const bytes = await this.#context.weigh(packed(asked.map(({ table }) => table)));
    for (const [index, { table, upTo }] of asked.entries()) this.#weighed(table, upTo, bytes[index] ?? 0);
  }

  #weighed(table: Trimmed, upTo: bigint, bytes: number): void {
    if (table.upTo !== upTo || !this.#isKnown(table)) return;
    table.bytes = bytes;
    if (bytes === 0) this.#remove(table);
  }

  async #reclaimAll(): Promise<ReclaimReport> {
    const span = this.#span;
    const all = this.#all();
    const trimmed = all.filter(({ upTo }) => upTo !== U64_MAX);
    const dropped = all.filter(({ upTo }) => upTo === U64_MAX);
    const spans = dropped.map(({ id }) => tableRangeUpTo(this.#context.instance, id, U64_MAX));
    if (span !== null) spans.push(span);
    const settled = all.map((table) => ({ table, upTo: table.upTo }));
    const report = await this.#context.reclaim(packed(trimmed), true, spans);
    for (const { table, upTo } of settled) if (table.upTo === upTo) this.#remove(table);
    if (this.#span === span) this.#span = null;
    return report;
  }

  #all(): Trimmed[] {
    const all: Trimmed[] = [];
    for (const regions of this.#trimmed.values()) for (const table of regions.values()) all.push(table);
    return all;
  }

  #bytesOf(tables: readonly Trimmed[]): number {
    return tables.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #isKnown(table: Trimmed): boolean {
    return this.#trimmed.get(table.id.table)?.get(table.id.region) === table;
  }

  /** There is nothing more to do for this one, unless it was dropped and trimmed again. */
  #remove(trimmed: Trimmed): void {
    if (!this.#isKnown(trimmed)) return;
    const { region, table } = trimmed.id;
    const regions = this.#trimmed.get(table);
    this.#fresh.delete(trimmed);
    this.#unweighed.delete(trimmed);
    this.#tables--;
    regions?.delete(region);
    if (regions?.size === 0) this.#trimmed.delete(table);
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

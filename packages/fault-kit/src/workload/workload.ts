import { openWal, type Wal, WalError } from '@shale/engine';
import { JournalWriter } from '../journal/journal-writer.js';
import type { PartRecord, SubmitRecord } from '../journal/records.js';
import { payloadHeader, payloadOf } from '../payload.js';
import { Random } from '../random.js';
import { makeTables, type WorkTable } from './log-tables.js';
import { type Mix, type ResolvedWorkload, resolveWorkload, type WorkloadOptions } from './options.js';

/** Seeds of parts that one run can use. */
const SEEDS_PER_RUN = 2 ** 28;
/** Between submits while they are rejected, or while there is no table to use. */
const PAUSE_MS = 2;

type Answer = { readonly parts?: readonly { first: string; last: string }[]; first?: string; last?: string };

/** Counts of a workload. */
export interface WorkloadCounts {
  submitted: number;
  acknowledged: number;
  rejected: number;
  underWay: number;
  read: number;
}

/** Works on a database and journals every submit and every answer. All its decisions follow from its seed. */
export class Workload {
  readonly counts: WorkloadCounts = { submitted: 0, acknowledged: 0, rejected: 0, underWay: 0, read: 0 };
  readonly journal: JournalWriter;
  readonly #options: ResolvedWorkload;
  readonly #random: Random;
  #wal: Wal | null = null;
  #all: readonly WorkTable[] = [];
  #groups: readonly (readonly WorkTable[])[] = [];
  #ids = 0;
  #seeds = 0;
  #rejectionsInARow = 0;
  #stopped = false;
  #failure: Error | null = null;
  #wake: () => void = () => {};

  constructor(options: WorkloadOptions) {
    this.#options = resolveWorkload(options);
    this.#random = new Random(this.#options.seed);
    this.journal = new JournalWriter(this.#options.journal);
  }

  /** Opens the database. Rejects as `openWal` does. */
  async open(): Promise<void> {
    const { path, wal: options } = this.#options;
    const id = this.#submit({ kind: 'open' });
    await this.#answer(id, openWal(path, options), (wal) => {
      this.#wal = wal;
      return {};
    });
    const { all, groups } = makeTables(this.wal, this.#options);
    this.#all = all;
    this.#groups = groups;
    for (const work of all) work.last = await work.table.lastSequence();
    if (this.#options.follow) for (const work of all) await this.#follow(work);
  }

  /** The open log. Throws a TypeError before it is open. */
  get wal(): Wal {
    if (this.#wal === null) throw new TypeError('the workload has not opened its log');
    return this.#wal;
  }

  /** Submits operations until it has done its share or is told to stop, and waits for their answers. */
  async run(): Promise<void> {
    const { operations, milliseconds, inFlight, giveUpAfter, mix } = this.#options;
    const end = performance.now() + milliseconds;
    for (let done = 0; done < operations; done++) {
      while (this.counts.underWay >= inFlight && !this.#isOver()) await this.#settled();
      // A thread that dies takes all that was under way with it, and that is no reason to stop.
      const gaveUp = this.#rejectionsInARow >= giveUpAfter + inFlight;
      if (this.#isOver() || performance.now() >= end || gaveUp) break;
      const started = this.#start(this.#random.weighted(mix));
      if (!started || this.#rejectionsInARow > 0) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    while (this.counts.underWay > 0) await this.#settled();
    if (this.#failure !== null) throw this.#failure;
  }

  /** Lets `run` end. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Closes the database. */
  async close(): Promise<void> {
    const id = this.#submit({ kind: 'close' });
    await this.#answer(id, this.wal.close(), () => ({}));
  }

  #isOver(): boolean {
    return this.#stopped || this.#failure !== null;
  }

  #settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Journals what a follower of a table is given, until the log is closed. */
  async #follow({ table, record }: WorkTable): Promise<void> {
    const follow = table.follow({ from: 'end', visibility: 'durable', onTrimmed: 'skip' });
    await follow.ready;
    const given = async (): Promise<void> => {
      for await (const { length, last } of follow.chunks()) {
        if (length > 0) this.journal.write({ op: 'seen', ...record, upTo: String(last) });
      }
    };
    given().catch((error: unknown) => {
      if (!(error instanceof WalError)) this.#fail(error);
    });
  }

  /** Starts an operation. False when every table is blocked. */
  #start(kind: keyof Mix): boolean {
    const free = this.#all.filter(({ blocked }) => !blocked);
    if (free.length === 0) return false;
    const work = this.#random.pick(free);
    if (kind === 'append') this.#append([work], 1);
    else if (kind === 'batch') this.#append([work], this.#random.integer(2, this.#options.batch));
    else if (kind === 'write') this.#write(work);
    else if (kind === 'trim') this.#trim(work);
    else if (kind === 'sync') this.#watch(this.#submit({ kind: 'sync' }), this.wal.sync(), () => ({}), []);
    else if (kind === 'read') this.#unjournaled(this.#compare(work, this.#somewhere(work)), [work]);
    else if (kind === 'drop') this.#unjournaled(this.#drop(work), []);
    else this.#unjournaled(this.#maintain(this.#random.pick(['flush', 'reclaim', 'compact', 'list'])), []);
    return true;
  }

  /** Over some tables, of one region or of all that there are. */
  #write(one: WorkTable): void {
    const group = this.#random.chance(0.5) ? this.#random.pick(this.#groups) : this.#all;
    const some = group.filter(({ blocked }) => this.#random.chance(0.6) && !blocked);
    this.#append(some.length > 0 ? some : [one], this.#random.integer(1, 4));
  }

  #append(tables: readonly WorkTable[], count: number): void {
    const durability = this.#durability();
    const { bytes } = this.#options;
    const parts: PartRecord[] = tables.map(({ record }) => ({ ...record, count, seed: this.#seed(), bytes }));
    const payloads = parts.map((part) => Array.from({ length: count }, (_, index) => payloadOf(part, index)));
    const id = this.#submit({ kind: 'append', parts, durability });
    const [work] = tables;
    const [first] = payloads;
    const options = { durability };
    if (tables.length > 1) {
      const write = tables.map(({ table }, index) => ({ table, payloads: payloads[index] ?? [] }));
      this.#watch(id, this.wal.write(write, options), (spans) => this.#spans(tables, spans), tables);
    } else if (work !== undefined && first !== undefined) {
      const [payload] = first;
      if (count === 1 && payload !== undefined) {
        const answer = (sequence: bigint): Answer =>
          this.#spans(tables, [{ first: sequence, last: sequence }]);
        this.#watch(id, work.table.append(payload, options), answer, tables);
      } else {
        this.#watch(
          id,
          work.table.appendBatch(first, options),
          (span) => this.#spans(tables, [span]),
          tables,
        );
      }
    }
  }

  #spans(tables: readonly WorkTable[], spans: readonly { first: bigint; last: bigint }[]): Answer {
    spans.forEach(({ last }, index) => {
      const work = tables[index];
      if (work !== undefined && last > work.last) work.last = last;
    });
    return { parts: spans.map(({ first, last }) => ({ first: String(first), last: String(last) })) };
  }

  /** Mostly up to something that is there, now and then of everything. */
  #trim(work: WorkTable): void {
    const left = BigInt(this.#random.integer(0, this.#options.keep));
    const upTo = this.#random.chance(0.15) ? 2n ** 64n - 1n : work.last > left ? work.last - left : 0n;
    const durability = this.#durability();
    const id = this.#submit({ kind: 'trim', ...work.record, upTo: String(upTo), durability });
    const answer = ({ first, last }: { first: bigint; last: bigint }): Answer => ({
      first: String(first),
      last: String(last),
    });
    this.#watch(id, work.table.trim(upTo, { durability }), answer, [work]);
  }

  /** Waits until nothing else is under way for the table: a journal cannot tell what came before and what after. */
  async #drop(work: WorkTable): Promise<void> {
    work.blocked = true;
    while (work.underWay > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const id = this.#submit({ kind: 'drop', ...work.record });
    // When its outcome is unknown the table stays blocked.
    await this.#answer(id, work.table.drop(), () => ({}));
    work.last = 0n;
    work.blocked = false;
  }

  async #maintain(how: 'flush' | 'reclaim' | 'compact' | 'list'): Promise<void> {
    if (how === 'flush') await this.wal.flush();
    else if (how === 'reclaim') await this.wal.reclaim();
    else if (how === 'compact') await this.wal.compact();
    else for await (const _ of this.wal.tables());
  }

  #somewhere({ last }: WorkTable): bigint {
    const back = BigInt(this.#random.integer(0, this.#options.keep));
    return last > back ? last - back : 0n;
  }

  /** Reads compare what they find themselves. */
  async #compare({ record, table, last }: WorkTable, from: bigint): Promise<void> {
    let next: bigint | null = null;
    for await (const { sequence, payload } of table.read({ gte: from })) {
      if (next !== null && sequence !== next) {
        throw new Error(`a read of ${JSON.stringify(record)} skipped from ${next} to ${sequence}`);
      }
      next = sequence + 1n;
      const header = payloadHeader(payload);
      if (header === null) throw new Error(`entry ${sequence} of ${JSON.stringify(record)} has no header`);
      const part = { ...record, count: header.index + 1, seed: header.seed, bytes: this.#options.bytes };
      if (Buffer.compare(payloadOf(part, header.index), payload) !== 0) {
        throw new Error(`entry ${sequence} of ${JSON.stringify(record)} has other bytes than were appended`);
      }
      this.counts.read++;
    }
    if (next !== null && next <= last) {
      throw new Error(`a read of ${JSON.stringify(record)} ended at ${next - 1n}, before ${last}`);
    }
  }

  #durability(): 'sync' | 'os' {
    return this.#random.chance(this.#options.syncShare) ? 'sync' : 'os';
  }

  /** Never the same for two parts of all runs. */
  #seed(): number {
    return this.#options.run * SEEDS_PER_RUN + ++this.#seeds;
  }

  #submit(record: DistributiveOmit<SubmitRecord, 'op' | 'id'>): number {
    const id = ++this.#ids;
    this.journal.write({ op: 'submit', id, ...record });
    this.counts.submitted++;
    return id;
  }

  /** Follows an operation on some tables that others may run beside. */
  #watch<T>(
    id: number,
    operation: Promise<T>,
    answer: (value: T) => Answer,
    tables: readonly WorkTable[],
  ): void {
    this.#unjournaled(this.#answer(id, operation, answer), tables);
  }

  #unjournaled(operation: Promise<void>, tables: readonly WorkTable[]): void {
    this.counts.underWay++;
    for (const work of tables) work.underWay++;
    operation
      .catch((error: unknown) => {
        // A trim beside a read, a thread or the log that goes away: what that means is the oracle's to say.
        if (!(error instanceof WalError)) this.#fail(error);
      })
      .finally(() => {
        for (const work of tables) work.underWay--;
        this.#done();
      });
  }

  /** Journals what becomes of an operation. Rejects as it does. */
  async #answer<T>(id: number, operation: Promise<T>, answer: (value: T) => Answer): Promise<void> {
    let value: T;
    try {
      value = await operation;
    } catch (error) {
      const code = error instanceof WalError ? error.code : error instanceof Error ? error.name : 'unknown';
      const message = error instanceof Error ? error.message : String(error);
      this.journal.write({ op: 'nack', id, code, message });
      this.counts.rejected++;
      this.#rejectionsInARow++;
      throw error;
    }
    this.journal.write({ op: 'ack', id, ...answer(value) });
    this.counts.acknowledged++;
    this.#rejectionsInARow = 0;
  }

  #done(): void {
    this.counts.underWay--;
    this.#wake();
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

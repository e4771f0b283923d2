import type { Table, Wal } from '@shale/engine';
import { CliError } from '../cli-error.js';
import type { Journal } from './journal.js';
import type { JournaledTable } from './journal-records.js';

/** Tables whose ends are looked up at the same time. */
const LOOKED_UP_AT_ONCE = 1000;

/**
 * A table that the ingest writes. Its life:
 *
 *   met ──► ready                       no journal knows it: its base is looked up and journaled
 *   doubtful ──► catching-up ──► ready  from the journal: lines after the checkpoint that are in are stepped over
 *           ├──► ready                  nothing is in beyond the checkpoint
 *           └──► lost                   it ends before the checkpoint: nothing can be written to it
 *
 * A journaled table keeps its base through all runs until nothing of it is in doubt ({@link TableSet.inDoubt}); what
 * was found in it beyond the checkpoint (`found`) is never taken for its base.
 */
export interface IngestTable {
  readonly name: string;
  readonly handle: Table;
  state: 'met' | 'doubtful' | 'catching-up' | 'ready' | 'lost';
  /** Its place in the journal. */
  index: number;
  /** Its last sequence before this ingest. */
  base: bigint;
  /** Its last sequence when this run began. */
  found: bigint;
  /** Entries of this ingest that are in or on their way. */
  planned: number;
  /** Entries of this ingest up to the acknowledged position. */
  acked: number;
  /** The entries that were found beyond the checkpoint, to be compared with the lines that should have become them. */
  aheadEntries: WrittenEntries | undefined;
  /** Payloads of the batch that is being collected. */
  batch: Uint8Array[];
}

/** All tables of one ingest, by name. */
export class TableSet {
  readonly #wal: Wal;
  readonly #journal: Journal;
  readonly #byName = new Map<string, IngestTable>();
  #introduced = 0;
  #steppedOver = 0;
  /** Tables that are catching up. */
  #behind = 0;

  /** `known`: the tables of the journal when an ingest goes on; {@link survey} has to follow. */
  constructor(wal: Wal, journal: Journal, known: readonly JournaledTable[]) {
    this.#wal = wal;
    this.#journal = journal;
    for (const { name, base, count } of known) {
      const table = this.#add(name, 'doubtful');
      table.index = this.#introduced++;
      table.base = base;
      table.planned = count;
      table.acked = count;
    }
  }

  get size(): number {
    return this.#byName.size;
  }

  /** Entries beyond the checkpoint that were in already. */
  get steppedOver(): number {
    return this.#steppedOver;
  }

  /** Finds out what the run before wrote beyond its checkpoint. Nothing is left `doubtful`. */
  async survey(): Promise<void> {
    const doubtful = [...this.#byName.values()].filter((table) => table.state === 'doubtful');
    for (let from = 0; from < doubtful.length; from += LOOKED_UP_AT_ONCE) {
      const some = doubtful.slice(from, from + LOOKED_UP_AT_ONCE);
      await Promise.all(some.map(async (table) => this.#judge(table, await table.handle.lastSequence())));
    }
  }

  /** The table of this name, met for the first time if need be. */
  get(name: string): IngestTable {
    return this.#byName.get(name) ?? this.#add(name, 'met');
  }

  /** Index and entries so far of every table that has any, in pairs, as a checkpoint lists them. */
  countsOfAll(): number[] {
    const counts: number[] = [];
    for (const table of this.#byName.values()) {
      if (table.acked > 0) counts.push(table.index, table.acked);
    }
    return counts;
  }

  /** A table that has entries of this ingest for which no line has come yet. */
  firstBehind(): IngestTable | undefined {
    if (this.#behind === 0) return undefined;
    return [...this.#byName.values()].find((table) => table.state === 'catching-up');
  }

  /**
   * The tables that may hold entries of this ingest beyond the acknowledged position, once nothing is on its way any
   * more. With `ended` there are no more lines, so that a table which nothing can be written to does not matter.
   */
  inDoubt(ended: boolean): JournaledTable[] {
    const doubtful: JournaledTable[] = [];
    for (const { name, state, base, found, acked, index } of this.#byName.values()) {
      const isBeyond = index >= 0 && found > base + BigInt(acked);
      if (isBeyond || (state === 'lost' && !ended)) doubtful.push({ name, base, count: acked });
    }
    return doubtful;
  }

  /** Makes the tables of a batch ready to be written. */
  async prepare(tables: readonly IngestTable[]): Promise<void> {
    const lost = tables.find((table) => table.state === 'lost');
    if (lost) throw endsTooEarly(lost);
    const met = tables.filter((table) => table.state === 'met');
    if (met.length === 0) return;
    await Promise.all(
      met.map(async (table) => {
        table.base = await table.handle.lastSequence();
        table.found = table.base;
      }),
    );
    await this.#journal.introduce(met);
    for (const table of met) {
      table.index = this.#introduced++;
      table.state = 'ready';
    }
  }

  /**
   * Takes the payloads of the collected batch that still have to be written. Lines that are in already are stepped
   * over, each compared with the entry that it should have become.
   */
  async take(table: IngestTable): Promise<readonly Uint8Array[]> {
    const payloads = table.batch;
    table.batch = [];
    if (table.state !== 'catching-up') return payloads;
    const ahead = Number(table.found - table.base) - table.planned;
    const stepped = Math.min(ahead, payloads.length);
    for (let i = 0; i < stepped; i += 1) {
      const sequence = table.base + BigInt(table.planned + 1);
      const written = await table.aheadEntries?.at(sequence);
      if (written && Buffer.compare(written, payloads[i] ?? EMPTY) !== 0)
        throw disturbed(table.name, sequence);
      table.planned += 1;
    }
    this.#steppedOver += stepped;
    if (stepped === ahead) {
      table.state = 'ready';
      this.#behind -= 1;
      await table.aheadEntries?.close();
      table.aheadEntries = undefined;
    }
    return payloads.slice(stepped);
  }

  #judge(table: IngestTable, last: bigint): void {
    const position = table.base + BigInt(table.planned);
    table.found = last;
    if (last < position) {
      table.state = 'lost';
    } else if (last === position) {
      table.state = 'ready';
    } else {
      table.state = 'catching-up';
      this.#behind += 1;
      table.aheadEntries = new WrittenEntries(table.handle, position, last);
    }
  }

  #add(name: string, state: IngestTable['state']): IngestTable {
    const table: IngestTable = {
      name,
      handle: this.#wal.table(name),
      state,
      index: -1,
      base: 0n,
      found: 0n,
      planned: 0,
      acked: 0,
      aheadEntries: undefined,
      batch: [],
    };
    this.#byName.set(name, table);
    return table;
  }
}

const EMPTY = new Uint8Array(0);

/** Entries of a table in order, asked for by ascending sequence. The table is first read when one is asked for. */
class WrittenEntries {
  readonly #table: Table;
  readonly #after: bigint;
  readonly #last: bigint;
  #entries: AsyncIterator<{ sequence: bigint; payload: Uint8Array }> | undefined;
  #next: { sequence: bigint; payload: Uint8Array } | undefined;

  constructor(table: Table, after: bigint, last: bigint) {
    this.#table = table;
    this.#after = after;
    this.#last = last;
  }

  /** The payload of an entry, or `undefined` when it was trimmed meanwhile and can no longer be looked at. */
  async at(sequence: bigint): Promise<Uint8Array | undefined> {
    this.#entries ??= this.#table.read({ gt: this.#after, lte: this.#last })[Symbol.asyncIterator]();
    if (!this.#next) {
      const result = await this.#entries.next();
      this.#next = result.done ? undefined : result.value;
    }
    if (this.#next?.sequence !== sequence) return undefined;
    const { payload } = this.#next;
    this.#next = undefined;
    return payload;
  }

  async close(): Promise<void> {
    await this.#entries?.return?.();
  }
}

function endsTooEarly({ name, found, base, planned }: IngestTable): CliError {
  return new CliError(
    'CLI_INGEST_DISTURBED',
    `table ${name} ends at ${found}, but this ingest had brought it to ${base + BigInt(planned)}`,
    {
      hint: 'It was dropped, or the directory was restored from a copy. Lines that are missing can be added as an ingest of their own, with another --name.',
    },
  );
}

function disturbed(name: string, sequence: bigint): CliError {
  return new CliError(
    'CLI_INGEST_DISTURBED',
    `entry ${sequence} of table ${name} is not the line that this ingest had to put there`,
    {
      hint: 'The input has changed, or another program wrote to the table after the ingest was killed. Give the input as it was; else compare the table with it, and add what is missing as an ingest of its own, with another --name.',
    },
  );
}

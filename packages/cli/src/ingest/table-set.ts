import type { Table, Wal } from '@shale/engine';
import { CliError } from '../cli-error.js';
import type { Journal } from './journal.js';
import type { JournaledTable } from './journal-records.js';

/**
 * A table that the ingest writes. Its life:
 *
 *   met ──► ready                    (no journal knows it: its base is looked up and journaled)
 *   doubtful ──► catching-up ──► ready   (from the journal: lines after the checkpoint that are in are stepped over)
 */
export interface IngestTable {
  readonly name: string;
  readonly handle: Table;
  state: 'met' | 'doubtful' | 'catching-up' | 'ready';
  /** Its place in the journal. */
  index: number;
  /** Its last sequence before this ingest. */
  base: bigint;
  /** Entries of this ingest that are in or on their way. */
  planned: number;
  /** Entries of this ingest up to the acknowledged position. */
  acked: number;
  /** Entries beyond the checkpoint that are already in. */
  ahead: number;
  /** Those entries, to be compared with the lines that should have become them. */
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

  /** `known`: the tables of the journal when an ingest goes on. */
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

  /** Makes the tables of a batch ready to be written. */
  async prepare(tables: readonly IngestTable[]): Promise<void> {
    const met = tables.filter((table) => table.state === 'met');
    const doubtful = tables.filter((table) => table.state === 'doubtful');
    if (met.length + doubtful.length === 0) return;
    await Promise.all(
      [...met, ...doubtful].map(async (table) => {
        const last = await table.handle.lastSequence();
        if (table.state === 'met') table.base = last;
        else this.#findAhead(table, last);
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
    const stepped = Math.min(table.ahead, payloads.length);
    for (let i = 0; i < stepped; i += 1) {
      table.planned += 1;
      const sequence = table.base + BigInt(table.planned);
      const written = await table.aheadEntries?.at(sequence);
      if (written && Buffer.compare(written, payloads[i] ?? EMPTY) !== 0)
        throw disturbed(table.name, sequence);
    }
    table.ahead -= stepped;
    this.#steppedOver += stepped;
    if (table.ahead === 0) {
      table.state = 'ready';
      await table.aheadEntries?.close();
      table.aheadEntries = undefined;
    }
    return payloads.slice(stepped);
  }

  #findAhead(table: IngestTable, last: bigint): void {
    const position = table.base + BigInt(table.planned);
    if (last < position) {
      throw new CliError(
        'CLI_INGEST_DISTURBED',
        `table ${table.name} ends at ${last}, but this ingest had brought it to ${position}`,
        { hint: 'It was dropped, or the directory was restored from a copy. --restart begins at line 1.' },
      );
    }
    table.ahead = Number(last - position);
    table.state = table.ahead === 0 ? 'ready' : 'catching-up';
    if (table.ahead > 0) table.aheadEntries = new WrittenEntries(table.handle, position, last);
  }

  #add(name: string, state: IngestTable['state']): IngestTable {
    const table: IngestTable = {
      name,
      handle: this.#wal.table(name),
      state,
      index: -1,
      base: 0n,
      planned: 0,
      acked: 0,
      ahead: 0,
      aheadEntries: undefined,
      batch: [],
    };
    this.#byName.set(name, table);
    return table;
  }
}

const EMPTY = new Uint8Array(0);

/** Entries of a table in order, asked for by ascending sequence. */
class WrittenEntries {
  readonly #entries: AsyncIterator<{ sequence: bigint; payload: Uint8Array }>;
  #next: { sequence: bigint; payload: Uint8Array } | undefined;

  constructor(table: Table, after: bigint, last: bigint) {
    this.#entries = table.read({ gt: after, lte: last })[Symbol.asyncIterator]();
  }

  /** The payload of an entry, or `undefined` when it was trimmed meanwhile and can no longer be looked at. */
  async at(sequence: bigint): Promise<Uint8Array | undefined> {
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
    await this.#entries.return?.();
  }
}

function disturbed(name: string, sequence: bigint): CliError {
  return new CliError(
    'CLI_INGEST_DISTURBED',
    `entry ${sequence} of table ${name} is not the line that this ingest had to put there`,
    {
      hint: 'Another program wrote to the table, or the input changed, after the ingest was killed. --restart begins at line 1.',
    },
  );
}

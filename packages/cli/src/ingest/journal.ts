import { createHash } from 'node:crypto';
import { msgpackCodec, WalError } from '@shale/codec';
import type { Table, Wal } from '@shale/engine';
import {
  type CheckpointRecord,
  foldJournal,
  type JournaledTable,
  type JournalRecord,
  type JournalState,
  type StartRecord,
} from './journal-records.js';
import { toJournalRecord } from './journal-shape.js';
import { JOURNAL_PREFIX } from './table-name.js';

/** Bytes of records after which the journal is rewritten as one snapshot, so that an endless ingest has a small one. */
const SNAPSHOT_BYTES = 4 << 20;
/** Names in one record of a snapshot. */
const TABLES_PER_RECORD = 10_000;

/** A table as the journal introduces it. */
export interface IntroducedTable {
  readonly name: string;
  readonly base: bigint;
}

/**
 * The diary of one ingest, a table of the same log: what it reads, where its tables stood, how far it has come.
 * It is what makes a resume exact (docs/cli.md tells how); `foldJournal` says what its records add up to.
 */
export class Journal {
  readonly #table: Table<JournalRecord>;
  readonly #snapshotBytes: number;
  #start: StartRecord | undefined;
  #tables: IntroducedTable[] = [];
  #bytesSinceSnapshot = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** The journal of the ingest called `name` in this log. */
  constructor(wal: Wal, name: string, options: { snapshotBytes?: number } = {}) {
    this.#table = wal.table<JournalRecord>(journalTableName(name), { codec: msgpackCodec<JournalRecord>() });
    this.#snapshotBytes = options.snapshotBytes ?? SNAPSHOT_BYTES;
  }

  /** Adds up what an earlier run left. */
  async load(): Promise<JournalState | undefined> {
    return loadJournal(this.#table);
  }

  /**
   * Begins a run: only what follows counts from here on. `tables` and `checkpoint` are what is taken over from the
   * run before; the checkpoint must name the count of every table that has one.
   */
  async begin(
    start: StartRecord,
    tables: readonly IntroducedTable[],
    checkpoint?: CheckpointRecord,
  ): Promise<void> {
    await this.#exclusively(async () => {
      this.#start = start;
      this.#tables = [...tables];
      await this.#snapshot(checkpoint);
    });
  }

  /** Makes it durable that these tables, which get the next indexes, are about to be written for the first time. */
  async introduce(tables: readonly IntroducedTable[]): Promise<void> {
    if (tables.length === 0) return;
    await this.#exclusively(async () => {
      const from = this.#tables.length;
      this.#tables.push(...tables);
      const names = tables.map((table) => table.name);
      await this.#append({ kind: 'tables', from, names, bases: tables.map((table) => table.base) });
      for (const name of names) this.#bytesSinceSnapshot += name.length + 16;
    });
  }

  /**
   * Writes the last checkpoint of a run, durably. Only the tables that are still in doubt are listed from then on; it
   * is `running` as long as there are any.
   */
  async end(record: CheckpointRecord, doubtful: readonly JournaledTable[]): Promise<void> {
    await this.#exclusively(async () => {
      this.#tables = [...doubtful];
      const moved = doubtful.flatMap(({ count }, index) => [index, count]);
      await this.#snapshot({ ...record, state: doubtful.length > 0 ? 'running' : record.state, moved });
    });
  }

  /**
   * Writes the checkpoint that `take` returns, durably. `take` makes durable what the checkpoint promises; no table is
   * introduced meanwhile. With `all` its `moved` must name every table, otherwise those since the last checkpoint.
   */
  async checkpoint(take: (all: boolean) => Promise<CheckpointRecord>): Promise<void> {
    await this.#exclusively(async () => {
      const full = this.#bytesSinceSnapshot >= this.#snapshotBytes;
      const record = await take(full);
      this.#bytesSinceSnapshot += 256 + record.moved.length * 4;
      if (full) await this.#snapshot(record);
      else await this.#append(record);
    });
  }

  /** Writes everything that counts as one atomic batch, and drops what was before it. */
  async #snapshot(checkpoint: CheckpointRecord | undefined): Promise<void> {
    if (!this.#start) throw new WalError('SHALE_INTERNAL', 'a journal was written before it began');
    const records: JournalRecord[] = [this.#start];
    for (let from = 0; from < this.#tables.length; from += TABLES_PER_RECORD) {
      const part = this.#tables.slice(from, from + TABLES_PER_RECORD);
      const names = part.map((table) => table.name);
      records.push({ kind: 'tables', from, names, bases: part.map((table) => table.base) });
    }
    if (checkpoint) records.push(checkpoint);
    const { first } = await this.#table.appendBatch(records, { durability: 'sync' });
    if (first > 1n) await this.#table.trim(first - 1n);
    this.#bytesSinceSnapshot = 0;
  }

  async #append(record: JournalRecord): Promise<void> {
    await this.#table.append(record, { durability: 'sync' });
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => {});
    return run;
  }
}

/** The table that holds the journal of the ingest called `name`. */
export function journalTableName(name: string): string {
  return JOURNAL_PREFIX + createHash('sha256').update(name).digest('hex').slice(0, 16);
}

/** How many of the tables are journals, as far as the tables can be listed. */
export async function countJournals(wal: Wal): Promise<number> {
  let count = 0;
  try {
    for await (const { name } of wal.tables()) if (name?.startsWith(JOURNAL_PREFIX)) count += 1;
  } catch (error) {
    if (!(error instanceof WalError) || error.code !== 'SHALE_CORRUPT') throw error;
  }
  return count;
}

/** The states of all ingests that a log remembers, in no particular order. */
export async function listJournals(wal: Wal): Promise<JournalState[]> {
  const states: JournalState[] = [];
  for await (const info of wal.tables()) {
    if (!info.name?.startsWith(JOURNAL_PREFIX)) continue;
    const state = await loadJournal(
      wal.table<JournalRecord>(info.name, { codec: msgpackCodec<JournalRecord>() }),
    );
    if (state) states.push(state);
  }
  return states;
}

async function loadJournal(table: Table<JournalRecord>): Promise<JournalState | undefined> {
  const records: JournalRecord[] = [];
  for await (const { payload } of table.read()) records.push(toJournalRecord(payload));
  return foldJournal(records);
}

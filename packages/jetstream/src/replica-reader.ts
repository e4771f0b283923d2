import { type TableId, tableKey, toU64, type U64Like, WalError } from '@shale/codec';
import { type Link, openLink } from './connect.js';
import { damaged } from './damage.js';
import { unavailable } from './failures.js';
import { type Head, type Heads, readHeads } from './heads.js';
import { type ReplicaOptions, readReaderOptions } from './open-options.js';
import { readPlace } from './place.js';
import { scan } from './scan.js';
import { checkServers } from './server-checks.js';
import { findPartitions } from './streams.js';
import { partitionOf, partsOf, streamOf, tableSubject } from './subjects.js';
import { type ReplicaEntries, TableReader } from './table-reader.js';

/** A table of a replica. */
export interface ReplicaTable {
  readonly id: TableId;
  /** Its name; null when it has none. */
  readonly name: string | null;
  /** The first sequence that may have an entry; one more than `last` when none has. */
  readonly first: bigint;
  /** The last sequence that was given out; 0n for none. */
  readonly last: bigint;
}

/** Everything of a replica, as a restore takes it: tables may come in several pieces, in order. */
export type ReplicaPart =
  | { readonly is: 'entries'; readonly entries: ReplicaEntries }
  | { readonly is: 'table'; readonly table: ReplicaTable };

/** Reads a replica, and changes nothing. It sees what is there when a call begins. */
export class ReplicaReader {
  /** What it reads. */
  readonly url: string;
  readonly #link: Link;
  readonly #partitions: number;

  private constructor(link: Link, partitions: number) {
    this.url = link.place.url;
    this.#link = link;
    this.#partitions = partitions;
  }

  /**
   * Opens a replica to read it. Rejects with SHALE_NOT_FOUND when there is none of the name, SHALE_INVALID_ARGUMENT,
   * SHALE_UNSUPPORTED, SHALE_UNAVAILABLE.
   */
  static async open(url: string | URL, options: ReplicaOptions): Promise<ReplicaReader> {
    const place = readPlace(url);
    const { monitor, connection } = readReaderOptions(options);
    const link = await openLink(place, connection);
    try {
      await checkServers(link, monitor);
      const partitions = await findPartitions(link);
      if (partitions === null) {
        throw new WalError('SHALE_NOT_FOUND', `${place.url}: there is no replica of that name`, {
          details: { url: place.url },
        });
      }
      return new ReplicaReader(link, partitions);
    } catch (error) {
      await link.connection.close();
      throw error;
    }
  }

  /** The tables that have, or had, entries, in no order. Rejects with SHALE_UNAVAILABLE, SHALE_CORRUPT. */
  async *tables(): AsyncGenerator<ReplicaTable, void, undefined> {
    for (let partition = 0; partition < this.#partitions; partition++) {
      const heads = await readHeads(this.#link, partition, 0);
      const names = await this.#names(partition, heads);
      for (const head of heads.tables.values()) {
        if (head.kind !== 'drop') yield tableFrom(head, names);
      }
    }
  }

  /**
   * Reads the entries of a table that are there when this is called, from a sequence on, in order. Rejects with
   * SHALE_CORRUPT where some are missing, SHALE_TRIMMED when the writer removes some meanwhile, SHALE_UNAVAILABLE,
   * SHALE_INVALID_ARGUMENT.
   */
  async *read(
    id: { readonly region: U64Like; readonly table: U64Like },
    from: U64Like = 1n,
  ): AsyncGenerator<ReplicaEntries, void, undefined> {
    const table = { region: toU64('region', id.region), table: toU64('table', id.table) };
    const begin = toU64('from', from);
    const partition = partitionOf(table.region, this.#partitions);
    const heads = await readHeads(this.#link, partition, 0);
    const head = heads.tables.get(tableKey(table));
    if (head === undefined || head.kind === 'drop') return;
    const { name, url } = this.#link.place;
    const reader = new TableReader(url, table, head.floor);
    const range = { from: 1, to: head.at, subject: tableSubject(name, partition, table) };
    try {
      for await (const page of scan(this.#link, streamOf(name, partition), range)) {
        for (const message of page) {
          const entries = reader.take(message);
          if (entries !== null) yield* beginningAt(entries, begin);
        }
      }
      reader.requireEnd(head.next);
    } catch (error) {
      throw await this.#explained(error, partition, head);
    }
  }

  /**
   * Reads everything that is there when this is called: entries of all tables, those of each in order, and at last each table
   * once. Rejects as {@link read} does.
   */
  async *everything(): AsyncGenerator<ReplicaPart, void, undefined> {
    for (let partition = 0; partition < this.#partitions; partition++) yield* this.#partition(partition);
  }

  /** Ends the connection. Idempotent. */
  async close(): Promise<void> {
    await this.#link.connection.close();
  }

  async *#partition(partition: number): AsyncGenerator<ReplicaPart, void, undefined> {
    const heads = await readHeads(this.#link, partition, 0);
    const { name, url } = this.#link.place;
    const readers = new Map<string, TableReader>();
    for (const [key, { id, floor }] of heads.tables) readers.set(key, new TableReader(url, id, floor));
    const names = new Map<string, string>();
    for await (const page of scan(this.#link, streamOf(name, partition), { from: 1, to: heads.last })) {
      for (const message of page) {
        const parts = partsOf(message.subject);
        if (parts === null)
          throw damaged(url, `the message ${message.seq} is of no subject that a replica has`);
        if (parts.of === 'owner') continue;
        const key = tableKey(parts.id);
        if (parts.of === 'name') names.set(key, new TextDecoder().decode(message.data));
        if (parts.of !== 'table') continue;
        // What comes behind what the heads say is of later.
        const head = heads.tables.get(key);
        if (head === undefined || message.seq > head.at || head.kind === 'drop') continue;
        const entries = await this.#orExplained(
          partition,
          head,
          () => readers.get(key)?.take(message) ?? null,
        );
        if (entries !== null) yield { is: 'entries', entries };
      }
    }
    for (const [key, head] of heads.tables) {
      if (head.kind === 'drop') continue;
      await this.#orExplained(partition, head, () => readers.get(key)?.requireEnd(head.next));
      yield { is: 'table', table: tableFrom(head, names) };
    }
  }

  async #orExplained<T>(partition: number, head: Head, call: () => T): Promise<T> {
    try {
      return call();
    } catch (error) {
      throw await this.#explained(error, partition, head);
    }
  }

  /** What was missing may have been removed by the writer while it was read. */
  async #explained(error: unknown, partition: number, head: Head): Promise<unknown> {
    if (!(error instanceof WalError) || error.code !== 'SHALE_CORRUPT') return error;
    const now = (await readHeads(this.#link, partition, 0)).tables.get(tableKey(head.id));
    const isGone = now === undefined || now.kind === 'drop' || now.next < head.next;
    if (!isGone && now.floor <= head.floor) return error;
    const first = isGone ? 0n : now.floor;
    return new WalError(
      'SHALE_TRIMMED',
      `${this.url}: entries were removed while they were read: read them again`,
      {
        cause: error,
        table: head.id,
        details: { first },
      },
    );
  }

  async #names(partition: number, heads: Heads): Promise<ReadonlyMap<string, string>> {
    const names = new Map<string, string>();
    const { name, url } = this.#link.place;
    const stream = streamOf(name, partition);
    const wanted = [...heads.named].map((key) => heads.tables.get(key)).filter((head) => head !== undefined);
    const subjects = wanted.map(({ id }) => `${name}.${partition}.n.${id.region}.${id.table}`);
    // More at a time are refused: too many results.
    for (let at = 0; at < subjects.length; at += 500) {
      const some = subjects.slice(at, at + 500);
      const found = await this.#link.manager.direct
        .getLastMessagesFor(stream, { multi_last: some })
        .catch((error: unknown) => {
          throw unavailable(url, 'the names of tables cannot be read', error);
        });
      for await (const { subject, data } of found) {
        const parts = partsOf(subject);
        if (parts?.of === 'name') names.set(tableKey(parts.id), new TextDecoder().decode(data));
      }
    }
    return names;
  }
}

function tableFrom({ id, next, floor }: Head, names: ReadonlyMap<string, string>): ReplicaTable {
  return { id, name: names.get(tableKey(id)) ?? null, first: floor, last: next - 1n };
}

function* beginningAt(entries: ReplicaEntries, begin: bigint): Generator<ReplicaEntries, void, undefined> {
  const { table, first, payloads } = entries;
  const before = begin > first ? Number(begin - first) : 0;
  if (before < payloads.length)
    yield { table, first: first + BigInt(before), payloads: payloads.slice(before) };
}

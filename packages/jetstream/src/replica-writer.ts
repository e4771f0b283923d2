import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TableId, tableKey, WalError } from '@shale/codec';
import { type Link, openLink } from './connect.js';
import { draftDrop, draftEntries, draftMark, draftName } from './drafts.js';
import { type Head, readHeads } from './heads.js';
import { type CheckedOptions, readWriterOptions, type WriterOptions } from './open-options.js';
import type { OwnerRecord, Writer } from './owner.js';
import { type Draft, PartitionWriter } from './partition-writer.js';
import { readPlace } from './place.js';
import { findFloor, purgeBefore } from './purge.js';
import { checkServers } from './server-checks.js';
import { ensureStreams } from './streams.js';
import { nameSubject, partitionOf, streamOf, tableSubject } from './subjects.js';

/** How long it waits until it tries again to remove a table. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

/** What the writer knows of a table. */
interface TableState {
  readonly id: TableId;
  readonly subject: string;
  readonly partition: number;
  /** The sequence of the next entry that is given to it. */
  next: bigint;
  /** The last one that is in; 0 for none. */
  done: bigint;
  floor: bigint;
  isNamed: boolean;
}

/**
 * The one writer of a replica. It takes every partition over from whoever wrote before, who then writes nothing more, and
 * knows from what is there how far each table is.
 */
export class ReplicaWriter {
  /** Where it writes to. */
  readonly url: string;
  readonly #link: Link;
  readonly #partitions: readonly PartitionWriter[];
  readonly #tables: Map<string, TableState>;
  #closing: Promise<void> | null = null;

  private constructor(link: Link, partitions: readonly PartitionWriter[], tables: Map<string, TableState>) {
    this.url = link.place.url;
    this.#link = link;
    this.#partitions = partitions;
    this.#tables = tables;
  }

  /**
   * Opens a replica to write to it, and makes it when there is none. Rejects with SHALE_INVALID_ARGUMENT, SHALE_UNSUPPORTED
   * where the cluster is not set up as it must be, SHALE_UNAVAILABLE, SHALE_CORRUPT, and SHALE_FENCED when another writer
   * takes it over at the same time.
   *
   * @param source the identity of the log that is shipped
   */
  static async open(url: string | URL, source: string, options: WriterOptions): Promise<ReplicaWriter> {
    const place = readPlace(url);
    const checked = readWriterOptions(options);
    const link = await openLink(place, checked.connection);
    try {
      const asked = await checkServers(link, checked.monitor);
      const partitions = await ensureStreams(link, checked.streams, asked);
      return await takeOver(link, partitions, checked, { source, token: randomUUID() }, (writers, tables) => {
        return new ReplicaWriter(link, writers, tables);
      });
    } catch (error) {
      await link.connection.close();
      throw error;
    }
  }

  /** What keeps entries from coming through now; null when nothing does. */
  get trouble(): Error | null {
    return this.#partitions.find(({ trouble }) => trouble !== null)?.trouble ?? null;
  }

  /** Calls back when it can write nothing more, ever. */
  onFailure(callback: (error: WalError) => void): void {
    for (const partition of this.#partitions) partition.onFailure = callback;
  }

  /** The tables that there are, and the last sequence of each that is in. */
  *positions(): Generator<{ readonly table: TableId; readonly position: bigint }, void, undefined> {
    for (const { id, done } of this.#tables.values()) yield { table: id, position: done };
  }

  /** The last sequence of a table that is in, or that it was told has no entry; 0n for none. */
  position(table: TableId): bigint {
    return this.#tables.get(tableKey(table))?.done ?? 0n;
  }

  /**
   * Writes entries of a table. Resolves when a majority has all of them. Rejects with SHALE_INTERNAL when they do not follow
   * on what was given before, SHALE_FENCED, SHALE_CORRUPT, and SHALE_CLOSED when the writer is closed meanwhile.
   */
  async append(
    table: TableId,
    name: string | null,
    first: bigint,
    payloads: readonly Uint8Array[],
  ): Promise<void> {
    const state = this.#stateOf(table);
    if (first !== state.next) {
      throw new WalError('SHALE_INTERNAL', `entries from ${first} do not follow on ${state.next - 1n}`, {
        table,
      });
    }
    const groups = draftEntries(state, first, payloads, this.#link.maxPayload);
    const named: Draft[] = [];
    if (name !== null && !state.isNamed) {
      named.push(draftName(nameSubject(this.#link.place.name, state.partition, table), name));
      state.isNamed = true;
    }
    const last = first + BigInt(payloads.length) - 1n;
    state.next = last + 1n;
    const writer = this.#writerOf(state);
    const written = groups.map((group, i) => writer.write(i === 0 ? [...named, ...group] : group));
    await Promise.all(written);
    state.done = last;
  }

  /**
   * Notes that the next entry of a table is another one than the one that follows. With a floor there, all before is
   * removed. Resolves when that is done.
   */
  async skipTo(table: TableId, next: bigint, isTrimmed: boolean): Promise<void> {
    const state = this.#stateOf(table);
    if (next < state.next) {
      throw new WalError('SHALE_INTERNAL', `${next} lies before ${state.next}`, { table });
    }
    state.next = next;
    if (isTrimmed) state.floor = next;
    const at = await this.#writerOf(state).write([draftMark(state, next)]);
    state.done = next - 1n;
    if (isTrimmed) await this.#purge(state, null, at);
  }

  /** The first sequence of a table that may have an entry; 1n for a table that is not there. */
  floor(table: TableId): bigint {
    return this.#tables.get(tableKey(table))?.floor ?? 1n;
  }

  /**
   * Notes that entries of a table before a sequence are gone, of those that were given before, and removes them. Resolves when
   * that is noted; what cannot be removed then takes its space until the table is trimmed again.
   */
  async trim(table: TableId, floor: bigint): Promise<void> {
    const state = this.#tables.get(tableKey(table));
    if (state === undefined) return;
    const { next } = state;
    const reached = floor < next ? floor : next;
    if (reached <= state.floor) return;
    state.floor = reached;
    const at = await this.#writerOf(state).write([draftMark(state, next)]);
    await this.#purge(state, reached === next ? null : reached, at);
  }

  /**
   * Notes that a table is as never written, and removes all of it. Resolves when that is done: what is written to it before
   * would lie behind what it had.
   */
  async drop(table: TableId): Promise<void> {
    const state = this.#stateOf(table);
    this.#tables.delete(tableKey(table));
    const at = await this.#writerOf(state).write([draftDrop(state.subject)]);
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      try {
        await removeDropped(this.#link, state.partition, table, at);
        return;
      } catch {
        if (this.#closing !== null) throw this.#closed();
        await sleep(wait, undefined, { ref: false });
      }
    }
  }

  /** Writes nothing more; what is under way may be in or not. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const partition of this.#partitions) partition.close(this.#closed());
    await this.#link.connection.close();
  }

  #closed(): WalError {
    return new WalError('SHALE_CLOSED', `${this.url}: the writer is closed`);
  }

  /**
   * Removes what lies before a floor; null for all before the mark at `at`, which says that it is gone: what stays takes
   * space, and does nothing else.
   */
  async #purge({ subject, partition }: TableState, floor: bigint | null, at: number): Promise<void> {
    const stream = streamOf(this.#link.place.name, partition);
    try {
      const before = floor === null ? at : await findFloor(this.#link, stream, subject, floor, at);
      await purgeBefore(this.#link, stream, subject, before);
    } catch (error) {
      if (!(error instanceof WalError) || error.code !== 'SHALE_UNAVAILABLE') throw error;
    }
  }

  #stateOf(table: TableId): TableState {
    const key = tableKey(table);
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const state = newState(this.#link, this.#partitions.length, table);
    this.#tables.set(key, state);
    return state;
  }

  #writerOf({ partition }: TableState): PartitionWriter {
    const writer = this.#partitions[partition];
    if (writer === undefined) throw new WalError('SHALE_INTERNAL', `there is no partition ${partition}`);
    return writer;
  }
}

async function takeOver<T>(
  link: Link,
  partitions: number,
  options: CheckedOptions,
  writer: Writer,
  make: (writers: readonly PartitionWriter[], tables: Map<string, TableState>) => T,
): Promise<T> {
  const tables = new Map<string, TableState>();
  const writers: PartitionWriter[] = [];
  for (let i = 0; i < partitions; i++) {
    const opened = await PartitionWriter.open(link, i, writer, (before) => {
      if (!options.takeover) requireSame(link, before, writer);
    });
    writers.push(opened);
    const heads = await readHeads(link, i, opened.ownerSequence);
    for (const [key, head] of heads.tables) {
      if (head.kind === 'drop') {
        // The writer before may have come to its end between the two.
        await removeDropped(link, i, head.id, head.at);
        continue;
      }
      tables.set(key, stateFrom(link, partitions, head, heads.named.has(key)));
    }
  }
  return make(writers, tables);
}

function requireSame(link: Link, before: OwnerRecord, { source }: Writer): void {
  if (before.source === source) return;
  throw new WalError(
    'SHALE_INVALID_ARGUMENT',
    `${link.place.url} is the replica of another log (${before.source}, and this one is ${source}): name another one, or, if this log is a copy of that one, as after a restore, give takeover: true`,
    { details: { field: 'url', expected: source, actual: before.source } },
  );
}

function newState(link: Link, partitions: number, id: TableId): TableState {
  const partition = partitionOf(id.region, partitions);
  const subject = tableSubject(link.place.name, partition, id);
  return { id, subject, partition, next: 1n, done: 0n, floor: 1n, isNamed: false };
}

function stateFrom(link: Link, partitions: number, head: Head, isNamed: boolean): TableState {
  const { next, floor } = head;
  return { ...newState(link, partitions, head.id), next, done: next - 1n, floor, isNamed };
}

async function removeDropped(link: Link, partition: number, table: TableId, at: number): Promise<void> {
  const { name } = link.place;
  const stream = streamOf(name, partition);
  await purgeBefore(link, stream, tableSubject(name, partition, table), at);
  await purgeBefore(link, stream, nameSubject(name, partition, table), at);
}

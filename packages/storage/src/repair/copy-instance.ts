import {
  CATALOG_INSTANCE,
  EntryChunk,
  encodeMetaValue,
  floorRange,
  instanceRange,
  isNamedTable,
  type KeyRange,
  keySuccessor,
  logKey,
  META_VALUE_LENGTH,
  metaKey,
  metaRange,
  RUN_STRIDE,
  type TableId,
  tableRange,
  U64_MAX,
} from '@shale/codec';
import type { Database, ScanResult } from '@shale/rocksdb';
import { placeInWords } from '../damage/place-in-words.js';
import { foreignKey, native, tableOfKey } from '../errors.js';
import { floors } from '../lists/floors.js';
import { heads } from '../lists/heads.js';
import { recordPages } from '../raw-records.js';
import { layoutOf } from '../read/scan-layout.js';
import type { LogContext } from '../tables/context.js';
import type { DamageMap } from './damage.js';
import type { RepairLoss } from './events.js';
import type { FloorBook } from './floors.js';
import { redoTrim, wasTrimmed } from './redo-trims.js';
import type { SavedTable } from './saved-table.js';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** How far a copy has got. */
export interface CopyProgress {
  readonly type: 'copied';
  readonly entries: number;
  readonly payloadBytes: number;
}

/**
 * Copies one instance from the rebuilt database to the new one, and notices what is missing on the way. Where they are
 * one database it copies nothing.
 */
export class InstanceCopy {
  /** Tables in the order of their keys. */
  readonly tables: SavedTable[] = [];
  readonly #source: LogContext;
  readonly #target: Database;
  readonly #old: Database | null;
  readonly #damage: DamageMap;
  readonly #floors: FloorBook;
  /** As they are in the source. */
  readonly #known = new Map<bigint, bigint>();
  /** Made for the first entry: most instances have none, and zeros for each of 128 take longer than all else. */
  #buffer = new ArrayBuffer(0);

  /** @param old the damaged database, if it was opened: where its files say together what was trimmed */
  constructor(
    source: LogContext,
    target: Database,
    old: Database | null,
    damage: DamageMap,
    book: FloorBook,
  ) {
    this.#source = source;
    this.#old = old;
    this.#target = target;
    this.#damage = damage;
    this.#floors = book;
  }

  /** @param named ids of tables in region 0 that have a name, with entries or without */
  *run(named: Iterable<bigint>): Generator<CopyProgress | RepairLoss, void, undefined> {
    yield* this.#readFloors();
    yield* this.#copyEntries();
    for (const { id, last } of this.tables) {
      yield* this.#checkTail(id, last, this.#damage.tailOf(this.#source.instance, id, last));
    }
    yield* this.#checkEmpty(named);
    yield* this.#checkTrims();
  }

  /** The entries are where they shall be: only the tables that damage may concern are looked through. */
  get #staysInPlace(): boolean {
    return this.#target === this.#source.db;
  }

  /** Writes the metadata records; call it when nothing raises them any more. */
  writeFloors(): void {
    const { path, instance } = this.#source;
    for (const [table, floor] of this.#floors) {
      if (this.#staysInPlace && this.#known.get(table) === floor) continue;
      const value = new Uint8Array(META_VALUE_LENGTH);
      encodeMetaValue(value, 0, floor);
      native({ path }, () => this.#target.put(metaKey(instance, table), value, { sync: false }));
    }
  }

  *#readFloors(): Generator<RepairLoss, void, undefined> {
    const losses: RepairLoss[] = [];
    const found = floors(this.#source, (problem) => losses.push(this.#foreign(problem.message)));
    for (const { table, floor } of found) {
      this.#known.set(table, floor);
      this.#floors.raise(table, floor);
    }
    yield* losses;
    yield* this.#otherMetadata();
  }

  /** What else is in the namespace of the floors is of no type that is known; but for names, which go their own way. */
  *#otherMetadata(): Generator<RepairLoss, void, undefined> {
    const { db, path, instance } = this.#source;
    if (instance === CATALOG_INSTANCE) return;
    const range = { lower: floorRange(instance).upper, upper: metaRange(instance).upper };
    for (const page of recordPages(db, range)) {
      for (const { key } of page) {
        yield this.#foreign(foreignKey(key, 'its key type is not known', { path }).message);
      }
    }
  }

  *#copyEntries(): Generator<CopyProgress | RepairLoss, void, undefined> {
    const { instance } = this.#source;
    if (!this.#staysInPlace) {
      yield* this.#copyRange(instanceRange(instance));
      return;
    }
    const losses: RepairLoss[] = [];
    const problem = ({ message }: Error) => losses.push(this.#foreign(message));
    for (const head of heads(this.#source, instanceRange(instance), problem)) {
      const range = tableRange(instance, head.id);
      if (this.#damage.touches(range)) {
        yield* this.#copyRange(range);
        continue;
      }
      this.tables.push({ ...head });
      yield { type: 'copied', entries: Number(head.last - head.first + 1n), payloadBytes: 0 };
    }
    yield* losses;
  }

  *#copyRange({ lower, upper }: KeyRange): Generator<CopyProgress | RepairLoss, void, undefined> {
    const { db, path } = this.#source;
    let from: Uint8Array | null = lower;
    while (from !== null) {
      const start: Uint8Array = from;
      const result: ScanResult = native({ path }, () => db.scan(start, upper, this.#buffer));
      if (result.neededBytes > 0) {
        this.#buffer = new ArrayBuffer(Math.max(result.neededBytes, CHUNK_BYTES));
        continue;
      }
      const next: Uint8Array = yield* this.#take(result, start);
      from = result.more ? next : null;
      if (result.foreign === undefined) continue;
      const { key, reason } = result.foreign;
      const place = { path, table: tableOfKey(key) };
      yield {
        ...this.#foreign(foreignKey(key, reason, place).message),
        ...(place.table ? { id: place.table } : {}),
      };
      from = keySuccessor(key);
    }
  }

  *#take(result: ScanResult, from: Uint8Array): Generator<CopyProgress | RepairLoss, Uint8Array, undefined> {
    let next = from;
    if (result.entries === 0) return next;
    if (!this.#staysInPlace) this.#write(result);
    for (const { id, first, count } of new EntryChunk(this.#buffer, layoutOf(result)).runs) {
      const last = first + BigInt(count) - 1n;
      yield* this.#follow(id, first, last);
      next = keySuccessor(logKey({ instance: this.#source.instance, ...id }, last));
    }
    const { entries, dataLength } = result;
    yield { type: 'copied', entries, payloadBytes: dataLength - entries };
    return next;
  }

  /** The layout of a scan has the ends of values where a write wants their lengths; all else is the same. */
  #write({ entries, runs, dataLength, endsAt, runsAt }: ScanResult): void {
    const lengths = new Uint32Array(this.#buffer.slice(endsAt, endsAt + entries * 4));
    for (let i = entries - 1; i > 0; i--) lengths[i] = (lengths[i] ?? 0) - (lengths[i - 1] ?? 0);
    const buffer = this.#buffer;
    native({ path: this.#target.path }, () =>
      this.#target.write(
        new Uint8Array(buffer, runsAt, runs * RUN_STRIDE),
        new Uint8Array(lengths.buffer),
        new Uint8Array(buffer, 0, dataLength),
        { sync: false },
      ),
    );
  }

  *#follow(id: TableId, first: bigint, last: bigint): Generator<RepairLoss, void, undefined> {
    const table = this.tables.at(-1);
    if (table !== undefined && table.id.region === id.region && table.id.table === id.table) {
      const isGap = first > table.last + 1n;
      if (isGap && !this.#wasTrimmed(id, first - 1n)) yield this.#gap(id, table.last + 1n, first - 1n);
      table.last = last;
      return;
    }
    this.tables.push({ id, first, last });
    if (first <= 1n) return;
    const trimmed = (this.#floors.get(id.table) ?? 0n) >= first - 1n;
    const cause = this.#damage.explain(this.#source.instance, id, 1n, first - 1n);
    // How far a trimmed table was trimmed is unknown; what a damaged file held before its first entry is reported.
    if (!trimmed || cause !== undefined) yield this.#gap(id, 1n, first - 1n, trimmed);
  }

  /** Whether what shows again before a gap was trimmed, and what is in it as well: the record of one trim was lost, of another not. */
  #wasTrimmed(id: TableId, upTo: bigint): boolean {
    return this.#old !== null && wasTrimmed(this.#old, this.#source.instance, id, upTo);
  }

  #gap(id: TableId, from: bigint, to: bigint, trimmed = false): RepairLoss {
    const { instance } = this.#source;
    const cause = this.#damage.explain(instance, id, from, to);
    const why =
      cause === undefined
        ? 'no damaged file explains it, so they were missing before (HoraeDB leaves holes after failed writes)'
        : `${cause.file.name}: ${cause.message}`;
    const what = trimmed ? 'are missing, or were trimmed' : 'are missing';
    return {
      type: 'loss',
      kind: 'middle',
      instance,
      id,
      sequences: { from, to },
      ...(cause === undefined ? {} : { file: cause.file }),
      message: `${describe(instance, id)}: the entries ${from} to ${to} ${what}; ${why}`,
    };
  }

  /** Tables without entries may have had some: no new one may get a sequence of theirs either. */
  *#checkEmpty(named: Iterable<bigint>): Generator<RepairLoss, void, undefined> {
    const { instance } = this.#source;
    const saved = new Set(this.tables.map(({ id }) => id.table));
    // A database that another repair has made may have begun with large sequences.
    const highest = this.#highest();
    for (const { id, sequence } of this.#damage.knownTables(instance)) {
      if (saved.has(id.table)) continue;
      saved.add(id.table);
      const known = this.#floors.get(id.table) ?? 0n;
      const last = sequence > known && sequence !== U64_MAX ? sequence : known;
      const { most, causes } = this.#damage.tailOf(instance, id, 0n);
      yield* this.#checkTail(id, 0n, { most: last + most, causes });
    }
    for (const [table, floor] of [...this.#floors]) {
      if (saved.has(table)) continue;
      saved.add(table);
      const id = { region: 0n, table };
      // The record does not say in which region the table is, and it counts for all; but one with a name is in region
      // 0.
      const tail = isNamedTable(id)
        ? this.#damage.tailOf(instance, id, floor)
        : this.#damage.tailAnywhere(instance);
      yield* this.#checkTail(id, floor, tail);
    }
    for (const table of named) {
      if (saved.has(table)) continue;
      const id = { region: 0n, table };
      const { most, causes } = this.#damage.tailOf(instance, id, 0n);
      yield* this.#checkTail(id, 0n, { most: highest + most, causes });
    }
  }

  #highest(): bigint {
    let highest = 0n;
    for (const { last } of this.tables) if (last > highest && last !== U64_MAX) highest = last;
    for (const [, floor] of this.#floors) if (floor > highest && floor !== U64_MAX) highest = floor;
    return highest;
  }

  *#checkTail(
    id: TableId,
    last: bigint,
    { most, causes }: ReturnType<DamageMap['tailOf']>,
  ): Generator<RepairLoss, void, undefined> {
    const { instance } = this.#source;
    const cause = causes[0];
    if (cause === undefined || last === U64_MAX) return;
    const known = this.#floors.get(id.table) ?? 0n;
    const reach = last + (most > 0n ? most : 1n);
    const to = reach > U64_MAX ? U64_MAX : reach;
    this.#floors.raise(id.table, to);
    yield {
      type: 'loss',
      kind: 'tail',
      instance,
      id,
      sequences: { from: last + 1n, to: to > known ? to : known },
      file: cause.file,
      message: `${describe(instance, id)}: entries after ${last} may be missing; the next one gets a sequence that none of them can have had; ${cause.file.name}: ${cause.message}`,
    };
  }

  *#checkTrims(): Generator<RepairLoss, void, undefined> {
    const { instance } = this.#source;
    for (const table of this.tables) {
      const { id, first, last } = table;
      const blurred = this.#damage.blurredTrimsOf(instance, id, first, last);
      const isKnown = blurred === undefined || this.#redo(table);
      const cause = this.#damage.trimsOf(instance, id, first, last) ?? (isKnown ? undefined : blurred);
      if (cause === undefined) continue;
      yield {
        type: 'loss',
        kind: 'trim',
        instance,
        id,
        sequences: { from: first, to: last },
        file: cause.file,
        message: `${describe(instance, id)}: if entries of it were trimmed or dropped, they may be back, and what was written in their place may be missing: the record of it may have been in ${cause.file.name}`,
      };
    }
  }

  /** Removes what the old database says was trimmed; false when it cannot tell. */
  #redo(table: SavedTable): boolean {
    if (this.#old === null) return false;
    const floor = this.#floors.get(table.id.table) ?? 0n;
    return redoTrim(this.#old, this.#target, this.#source.instance, table, floor);
  }

  #foreign(message: string): RepairLoss {
    return { type: 'loss', kind: 'foreign', instance: this.#source.instance, message };
  }
}

/** `region 1, table 2`, with the instance unless it is 0. */
export function describe(instance: number, { region, table }: TableId): string {
  return placeInWords({ instance, region, table });
}

import { randomBytes } from 'node:crypto';
import {
  CATALOG_INSTANCE,
  type ConsumerRecord,
  consumerKey,
  consumerRange,
  decodeConsumer,
  decodeConsumerKey,
  decodePosition,
  decodePositionKey,
  encodeConsumer,
  encodeLogKeyPrefix,
  encodeSubscription,
  LOG_KEY_PREFIX_LENGTH,
  type Position,
  type PositionKey,
  positionRange,
  positionRangeOfRegion,
  type RecordTarget,
  subscriptionKey,
  type TableId,
  WalError,
} from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { decoded, native } from '../errors.js';
import { recordPages } from '../raw-records.js';
import { findTableEnds } from '../tables/recover-tables.js';
import type { TableHome } from '../tables/table-state.js';
import { allRecords, recordsOf } from './position-lists.js';
import { readPosition } from './position-records.js';

/** A consumer as it is stored. */
export interface StoredConsumer extends ConsumerRecord {
  readonly name: string;
}

/** A position as it is stored, and how far its table has come. */
export interface StoredPosition extends PositionKey, Position {
  /** The first sequence that there is in the table, or will be. */
  readonly first: bigint;
  /** The largest sequence that the table has given out; 0n for none. */
  readonly last: bigint;
}

/** Part of a list, and where the next part begins; null at the end. */
export interface ListPart<T> {
  readonly items: readonly T[];
  readonly next: Uint8Array | null;
}

/** Numbers of a table's ends: flags, first, last, floor. */
const ENDS_STRIDE = 4;
const FIRST_AT = 1;
const LAST_AT = 2;
const FLOOR_AT = 3;
/** The flag of a table that has entries. */
const HAS_ENTRIES = 2n;

/** Bytes of positions in a short part, and how many there are of one consumer. */
const SHORT_BYTES = 4096;
const SHORT_MOST = 64;

type TableEnds = Pick<StoredPosition, 'first' | 'last'>;
const NO_ENDS: TableEnds = { first: 1n, last: 0n };

/**
 * The consumers of an instance's tables and their positions. Nothing is kept of them: each call looks. Lists come in
 * parts, so that none takes long, and whoever goes on with one needs nothing but the key where it goes on.
 */
export class Consumers {
  readonly #home: TableHome;

  /** @internal Made by a log. */
  constructor(home: TableHome) {
    this.#home = home;
  }

  /**
   * Opens a consumer, which comes into being with its first opening, and is on stable storage when this returns. From
   * then on no position that an earlier opening has not written yet goes past one of this opening. Only one log of the
   * instance may open consumers. What it is for is kept beside it, for retention to wait for it. Throws SHALE_INVALID_ARGUMENT, SHALE_TOO_LARGE and SHALE_CORRUPT.
   */
  open(name: string, target: RecordTarget | null = null): ConsumerRecord {
    this.#requireOrdinary();
    const known = this.find(name);
    const record = { consumer: known?.consumer ?? this.#newId(), epoch: (known?.epoch ?? 0n) + 1n };
    const { instance } = this.#home;
    const changes: RecordChange[] = [{ put: consumerKey(instance, name), value: encodeConsumer(record) }];
    if (target !== null) {
      const key = subscriptionKey(instance, record.consumer);
      changes.push({ put: key, value: encodeSubscription(target) });
    }
    this.#change(changes, true);
    return record;
  }

  /**
   * Lets a consumer come into being that is not open yet, and returns it as its next opening will have it: until that,
   * it counts as never opened. Throws as {@link open}.
   */
  announce(name: string): ConsumerRecord {
    this.#requireOrdinary();
    const known = this.find(name);
    const record = known ?? { consumer: this.#newId(), epoch: 0n };
    const key = consumerKey(this.#home.instance, name);
    if (known === null) this.#change([{ put: key, value: encodeConsumer(record) }], true);
    return { consumer: record.consumer, epoch: record.epoch + 1n };
  }

  /** What is known of a consumer; null when there is none of that name. Throws as {@link open}. */
  find(name: string): ConsumerRecord | null {
    const { db, path, instance } = this.#home;
    this.#requireOrdinary();
    const key = consumerKey(instance, name);
    const value = native({ path }, () => db.get(key));
    return value === null ? null : decoded(key, { path: this.#home.path }, () => decodeConsumer(value));
  }

  /** Every consumer, in the order of the names' bytes. */
  list(): StoredConsumer[] {
    const { db, instance } = this.#home;
    const found: StoredConsumer[] = [];
    if (instance === CATALOG_INSTANCE) return found;
    for (const page of recordPages(db, consumerRange(instance))) {
      for (const { key, value } of page) {
        found.push(
          decoded(key, { path: this.#home.path }, () => ({
            name: decodeConsumerKey(key, instance),
            ...decodeConsumer(value),
          })),
        );
      }
    }
    return found;
  }

  /** How far a consumer has come in a table; null when it has no position there. */
  position(id: TableId, consumer: bigint): Position | null {
    this.#requireOrdinary();
    return readPosition(this.#home, id, consumer);
  }

  /**
   * Part of the positions of a consumer, by (region, table).
   *
   * @param consumer null for all
   * @param region null for all
   * @param from where to go on; null for the beginning
   * @param isShort whether the part is to be short, for each of them costs more than to look it up
   */
  positions(
    consumer: bigint | null,
    region: bigint | null,
    from: Uint8Array | null,
    isShort = false,
  ): ListPart<StoredPosition> {
    const { instance } = this.#home;
    if (instance === CATALOG_INSTANCE) return { items: [], next: null };
    const range = region === null ? positionRange(instance) : positionRangeOfRegion(instance, region);
    const { records, next } =
      consumer === null
        ? allRecords(this.#home, range, from, isShort ? SHORT_BYTES : undefined)
        : recordsOf(this.#home, consumer, range, from, isShort ? SHORT_MOST : undefined);
    const found = records.map(({ key, value }): PositionKey & Position =>
      decoded(key, { path: this.#home.path }, () => ({
        ...decodePositionKey(key, instance),
        ...decodePosition(value),
      })),
    );
    const ends = this.#endsOf(found);
    return { items: found.map((position, i) => ({ ...position, ...(ends[i] ?? NO_ENDS) })), next };
  }

  /**
   * Drops a consumer a part at a time: its positions, and with the last part its name. Returns where to go on; null when
   * it is gone, or there was none. What was dropped is on stable storage then. Nobody may use the consumer meanwhile.
   */
  drop(name: string, from: Uint8Array | null): Uint8Array | null {
    const { instance } = this.#home;
    const known = this.find(name);
    if (known === null) return null;
    const { records, next } = recordsOf(this.#home, known.consumer, positionRange(instance), from);
    const changes: RecordChange[] = records.map(({ key }) => ({ remove: key }));
    if (next === null) {
      changes.push({ remove: consumerKey(instance, name) });
      changes.push({ remove: subscriptionKey(instance, known.consumer) });
    }
    this.#change(changes, next === null);
    return next;
  }

  /** Where each table begins, and the largest sequence that it has given out; those of one table stand together. */
  #endsOf(ids: readonly TableId[]): TableEnds[] {
    const { instance } = this.#home;
    const prefixes = new Uint8Array(ids.length * LOG_KEY_PREFIX_LENGTH);
    let tables = 0;
    const tableOf = ids.map(({ region, table }, index) => {
      const before = ids[index - 1];
      if (before?.region !== region || before.table !== table) {
        encodeLogKeyPrefix(prefixes, tables++ * LOG_KEY_PREFIX_LENGTH, { instance, region, table });
      }
      return tables - 1;
    });
    const ends = findTableEnds(
      this.#home,
      prefixes.subarray(0, tables * LOG_KEY_PREFIX_LENGTH),
      Array.from({ length: tables }, (_, index) => index),
    );
    return tableOf.map((table) => {
      const last = ends[table * ENDS_STRIDE + LAST_AT] ?? 0n;
      const floor = ends[table * ENDS_STRIDE + FLOOR_AT] ?? 0n;
      const given = last > floor ? last : floor;
      const hasEntries = ((ends[table * ENDS_STRIDE] ?? 0n) & HAS_ENTRIES) !== 0n;
      const first = hasEntries ? (ends[table * ENDS_STRIDE + FIRST_AT] ?? 0n) : given + 1n;
      return { first, last: given };
    });
  }

  /** An id that no consumer has. They are drawn, so that positions that damage has left behind get no other owner. */
  #newId(): bigint {
    const taken = new Set(this.list().map(({ consumer }) => consumer));
    for (;;) {
      const id = randomBytes(8).readBigUInt64BE();
      if (id !== 0n && !taken.has(id)) return id;
    }
  }

  #change(changes: readonly RecordChange[], sync: boolean): void {
    const { db, path } = this.#home;
    native({ path }, () => db.change(changes, { sync }));
  }

  #requireOrdinary(): void {
    const { path, instance } = this.#home;
    if (instance !== CATALOG_INSTANCE) return;
    throw new WalError('SHALE_INVALID_ARGUMENT', `instance ${instance} has no consumers`, { path });
  }
}

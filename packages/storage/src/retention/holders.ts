import {
  decodePosition,
  decodePositionKey,
  positionRangeOfTable,
  type RecordTarget,
  type TableId,
} from '@shale/codec';
import type { Consumers } from '../consumers/consumers.js';
import { decoded } from '../errors.js';
import { nameOfTable } from '../names/records.js';
import { recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';
import { targets } from './coverage.js';
import { readSubscriptions } from './records.js';

/** Bytes of a page of positions: most tables have few. */
const PAGE_BYTES = 4096;

/** How far the consumers of tables have come, for what they still need. */
export class Holders {
  readonly #home: TableHome;
  readonly #consumers: ReadonlySet<bigint>;
  readonly #subscriptions: ReadonlyMap<bigint, RecordTarget>;

  /** Looks up which consumers there are. Throws SHALE_CORRUPT. */
  constructor(home: TableHome, consumers: Consumers) {
    this.#home = home;
    this.#consumers = new Set(consumers.list().map(({ consumer }) => consumer));
    this.#subscriptions = readSubscriptions(home);
  }

  /**
   * The last sequence of a table that no consumer needs any more: what all that read it are done with. One that is for the
   * table and has no position in it yet needs all of it. Null when none reads it.
   */
  doneWith(id: TableId): bigint | null {
    let least: bigint | null = null;
    for (const { position } of this.readersOf(id)) if (least === null || position < least) least = position;
    return least;
  }

  /** Each consumer that reads a table, and up to where it is done with that; 0n for nothing. */
  *readersOf(
    id: TableId,
  ): Generator<{ readonly consumer: bigint; readonly position: bigint }, void, undefined> {
    if (this.#consumers.size === 0) return;
    const placed = new Set<bigint>();
    for (const reader of this.#positionsIn(id)) {
      if (!this.#consumers.has(reader.consumer)) continue;
      placed.add(reader.consumer);
      yield reader;
    }
    for (const [consumer, target] of this.#subscriptions) {
      if (placed.has(consumer) || !this.#consumers.has(consumer)) continue;
      if (targets(target, id, (of) => nameOfTable(this.#home, of))) yield { consumer, position: 0n };
    }
  }

  *#positionsIn(id: TableId): Generator<{ consumer: bigint; position: bigint }, void, undefined> {
    const { db, path, instance } = this.#home;
    for (const page of recordPages(db, positionRangeOfTable(instance, id), undefined, PAGE_BYTES)) {
      for (const { key, value } of page) {
        yield decoded(key, { path, table: id }, () => ({
          consumer: decodePositionKey(key, instance).consumer,
          position: decodePosition(value).position,
        }));
      }
    }
  }
}

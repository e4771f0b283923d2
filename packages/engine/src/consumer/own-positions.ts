import { mustBe, type TableId, tableInWords, tableKey, toU64, WalError } from '@shale/codec';
import { readBag } from '@shale/storage';
import type { SequenceInput } from '../ids.js';
import type { LogPositions } from './log-positions.js';
import type { Places } from './places.js';

/** Where the application is to move its position in a table. */
export interface PositionMove {
  /** The ids of the table. */
  readonly table: TableId;
  /** What it must be until then, 0n for none; null for whatever it is. */
  readonly before: bigint | null;
  /** The last sequence that is done with then; 0n for none. */
  readonly after: bigint;
}

/**
 * Positions that the application keeps itself, where it stores what comes of the entries, and in the same transaction: so
 * that comes of each entry exactly once.
 */
export interface OwnPosition {
  /**
   * Says where the consumer is in a table: the last sequence that is done with; 0, null or undefined for none. It is asked
   * when an iteration begins, about each table that there is, some at a time. What it throws, the iteration fails with,
   * and the next one asks again. It must not wait for the consumer itself.
   */
  load(table: TableId): SequenceInput | null | undefined | PromiseLike<SequenceInput | null | undefined>;
  /**
   * Stores a position in a transaction: that which was given to `batch.store`; undefined when the position is to be moved
   * by itself, for `consumer.seek`. Says whether it was where it must be before: if not, false, and nothing is stored. It
   * must not come to an end while another transaction moves the position, nor wait for a `seek`.
   */
  store(move: PositionMove, transaction: unknown): boolean | PromiseLike<boolean>;
}

/** Tables that are asked about at a time. */
const LOADED_TOGETHER = 16;

/** Reads the option. Throws SHALE_INVALID_ARGUMENT. */
export function readOwnPosition(value: unknown): OwnPosition {
  if (typeof value !== 'object' || value === null) throw mustBe('position', '{ load, store }', value);
  const { load, store } = readBag('position', value, ['load', 'store']);
  if (typeof load !== 'function') throw mustBe('load', 'a function', load);
  if (typeof store !== 'function') throw mustBe('store', 'a function', store);
  return {
    load: (table) => load.call(value, table),
    store: (move, transaction) => store.call(value, move, transaction),
  };
}

/**
 * Where a consumer is by what the application says. A copy of it is kept in the log, for those who ask from outside and for
 * what may be trimmed; nothing begins there.
 */
export class OwnPositions implements Places {
  readonly #own: OwnPosition;
  readonly #copy: LogPositions;
  readonly #path: string;
  readonly #known = new Map<string, bigint>();

  constructor(own: OwnPosition, copy: LogPositions, path: string) {
    this.#own = own;
    this.#copy = copy;
    this.#path = path;
  }

  /** What is known is void: the application is asked anew. */
  clear(): void {
    this.#known.clear();
  }

  async prepare(ids: readonly TableId[]): Promise<void> {
    const asked = ids.filter((id) => !this.#known.has(tableKey(id)));
    for (let at = 0; at < asked.length; at += LOADED_TOGETHER) {
      await Promise.all(asked.slice(at, at + LOADED_TOGETHER).map((id) => this.#load(id)));
    }
  }

  positionIn(id: TableId): bigint | null {
    return this.#known.get(tableKey(id)) ?? null;
  }

  unfinished(): Iterable<TableId> {
    return this.#copy.unfinished();
  }

  forget(id: TableId): void {
    this.#known.delete(tableKey(id));
    this.#copy.forget(id);
  }

  /** The application has stored a position. */
  moved(id: TableId, position: bigint): void {
    this.#known.set(tableKey(id), position);
  }

  /**
   * Has the application store a position. Rejects with what it throws, and with SHALE_FENCED when it is elsewhere.
   *
   * @param from how it is now; `'anywhere'` for however it is
   */
  async store(id: TableId, from: 'known' | 'anywhere', after: bigint, transaction: unknown): Promise<void> {
    const before = from === 'anywhere' ? null : (this.positionIn(id) ?? 0n);
    const table = { region: id.region, table: id.table };
    const isStored: unknown = await this.#own.store({ table, before, after }, transaction);
    if (typeof isStored !== 'boolean') throw mustBe('what position.store resolves to', 'a boolean', isStored);
    if (isStored) return;
    const where = before === null ? '' : ` is not ${before} as expected, or`;
    throw new WalError(
      'SHALE_FENCED',
      `the position of the application in ${tableInWords(id)}${where} cannot be moved: roll back and iterate the consumer again, which begins where position.load says`,
      { path: this.#path, table: id },
    );
  }

  async #load({ region, table }: TableId): Promise<void> {
    const id = { region, table };
    const position: unknown = await this.#own.load(id);
    if (position === null || position === undefined) return;
    this.#known.set(tableKey(id), toU64('what position.load resolves to', position));
  }
}

import { encodePosition, type Position, type TableId, tableInWords, tableKey, WalError } from '@shale/codec';
import type { ListPart, StoredPosition } from '@shale/storage';
import type { Engine } from '../engine.js';
import { type PendingPart, WriteAppend } from '../frames/pending-append.js';
import { type Address, addressOf, TableRef } from '../table-ref.js';
import type { Opening } from './opening.js';
import type { Places } from './places.js';

/** What is known of a position that is stored. */
interface Known {
  readonly position: bigint;
  readonly state: Uint8Array;
}

/** What goes together with a position. */
export interface StoreWith {
  /** What is written with it, all or nothing. Its payloads are copies. */
  readonly parts?: readonly PendingPart[];
  /** What the consumer keeps beside it from now on; by default what it has kept so far. */
  readonly state?: Uint8Array | undefined;
  readonly sync: boolean;
  /** Whether the table that it is a position of was dropped since. */
  isVoid(): boolean;
  /** Whether the WAL may be closing: only what was taken before is stored then. */
  readonly isLate: boolean;
}

const NO_STATE = new Uint8Array(0);
/** How often a position is stored whose write has an unknown outcome, and that is not in. */
const MOST_ATTEMPTS = 16;

/**
 * The positions of a consumer in the log's own database. What is stored is known here, and each write says what it takes
 * the place of: so a write whose outcome is unknown is found out about and, if it is not in, done again, and one that
 * somebody else has come before is refused. A table has one write under way at a time.
 */
export class LogPositions implements Places {
  readonly #engine: Engine;
  readonly #opening: Opening;
  readonly #known = new Map<string, Known>();
  /** Tables of which a write has an unknown outcome, and could not be found out about. */
  readonly #inDoubt = new Set<string>();
  /** Tables in which the consumer is before the last sequence. */
  #unfinished: TableId[] = [];

  constructor(engine: Engine, opening: Opening) {
    this.#engine = engine;
    this.#opening = opening;
  }

  /** Of how many tables it is known where the consumer is. */
  get size(): number {
    return this.#known.size;
  }

  /** Looks up where the consumer is in a table. */
  async load(address: Address): Promise<void> {
    const { id } = address;
    const found = await this.#ask(address);
    this.#inDoubt.delete(tableKey(id));
    if (found === null) this.#known.delete(tableKey(id));
    else this.#known.set(tableKey(id), found);
  }

  /** The same in all tables of a region, or in all, that it is for. */
  async loadAll(region: bigint | null, has: (id: TableId) => boolean): Promise<void> {
    const { consumer } = this.#opening;
    this.#known.clear();
    this.#inDoubt.clear();
    this.#unfinished = [];
    if (consumer === null) return;
    let next = this.#part(consumer, region, null);
    for (;;) {
      const part: ListPart<StoredPosition> = await next;
      // The thread lists the next part while this one is dealt with.
      if (part.next !== null) next = this.#part(consumer, region, part.next);
      for (const { region: inRegion, table, position, state, last } of part.items) {
        const id = { region: inRegion, table };
        if (!has(id)) continue;
        this.#known.set(tableKey(id), { position, state });
        if (position !== last) this.#unfinished.push(id);
      }
      if (part.next === null) return;
    }
  }

  /** The last sequence of a table that is stored as done with; null when there is none. */
  positionIn(id: TableId): bigint | null {
    return this.#known.get(tableKey(id))?.position ?? null;
  }

  /** What the consumer keeps beside its position; null for nothing. */
  stateIn(id: TableId): Uint8Array | null {
    const state = this.#known.get(tableKey(id))?.state;
    return state === undefined || state.length === 0 ? null : new Uint8Array(state);
  }

  unfinished(): Iterable<TableId> {
    return this.#unfinished;
  }

  /** The table was dropped, and its positions with it. */
  forget(id: TableId): void {
    this.#known.delete(tableKey(id));
    this.#inDoubt.delete(tableKey(id));
  }

  /**
   * Stores a position. Rejects with SHALE_FENCED when somebody else has moved it, or the table was dropped, SHALE_AHEAD
   * beyond the end of the table, and as an append does.
   */
  async store(id: TableId, position: bigint, how: StoreWith): Promise<void> {
    const store = this.#store(id, position, how);
    const before = this.#known.get(tableKey(id))?.position ?? 0n;
    // What nobody needed is needed again.
    if (position < before) this.#engine.retention.suspect(id, store);
    await store;
  }

  async #store(id: TableId, position: bigint, how: StoreWith): Promise<void> {
    const { consumer, epoch } = await this.#opening.record();
    const address = addressOf(id, this.#engine.routing);
    const key = tableKey(id);
    // A write of before that is in after all has come as far, with all that went with it.
    if (this.#inDoubt.has(key) && (await this.#hasCome(address, position, epoch))) return;
    const known = this.#known.get(key);
    const state = how.state ?? known?.state ?? NO_STATE;
    const value = encodePosition({ position, epoch, state });
    const stored = known?.position ?? 0n;
    let doubt: WalError | null = null;
    for (let attempt = 1; ; attempt++) {
      const move = { consumer, stored, value };
      const part: PendingPart = {
        ref: new TableRef(address, null),
        payloads: { are: 'measured', count: 0, views: [], lengths: [] },
        count: 0,
        bytes: 0,
        expect: undefined,
        move,
      };
      await this.#dropsSettled(id);
      // A position in what was dropped says nothing of what is there now.
      if (how.isVoid()) throw doubt ?? droppedTable(this.#engine.path, id);
      try {
        // A frame lets go of what it was given.
        await this.#write([...(how.parts ?? []).map((each) => ({ ...each })), part], how);
        break;
      } catch (error) {
        const code = error instanceof WalError ? error.code : null;
        const isDoubtful = code === 'SHALE_OUTCOME_UNKNOWN' || code === 'SHALE_FENCED';
        if (code === 'SHALE_OUTCOME_UNKNOWN') this.#inDoubt.add(key);
        if (!isDoubtful || how.isLate || attempt === MOST_ATTEMPTS) throw error;
        if (error instanceof WalError && code === 'SHALE_OUTCOME_UNKNOWN') doubt = error;
        const found = await this.#ask(address);
        // A drop of the table has taken the position along.
        if (found === null && stored !== 0n) throw doubt ?? droppedTable(this.#engine.path, id);
        if (code === 'SHALE_FENCED') throw error;
        if (found?.position === position && found.epoch === epoch && position !== stored) break;
        if ((found?.position ?? 0n) !== stored) throw this.#fenced(id, found?.position ?? 0n, stored);
      }
    }
    this.#inDoubt.delete(key);
    this.#known.set(key, { position, state });
  }

  /**
   * Finds out what became of a write whose outcome is unknown: whether it is in, and has come as far as `position`. What is
   * stored with the number of this opening, nobody else can have stored. One that has come further stays in doubt, for the
   * batch that it is of may be written again.
   */
  async #hasCome(address: Address, position: bigint, epoch: bigint): Promise<boolean> {
    const key = tableKey(address.id);
    const found = await this.#ask(address);
    const isIn = found?.epoch === epoch && this.#known.get(key)?.position !== found.position;
    if (isIn && found.position > position) return true;
    this.#inDoubt.delete(key);
    if (found?.epoch === epoch) this.#known.set(key, found);
    return isIn && found.position === position;
  }

  /** Resolves when what was asked for before is known to have dropped the table, or not. */
  async #dropsSettled(id: TableId): Promise<void> {
    const { drops, follows } = this.#engine;
    await follows.lookedUp();
    for (let drop = drops.settled(id); drop !== null; drop = drops.settled(id)) {
      await drop;
      await follows.lookedUp();
    }
  }

  #write(parts: readonly PendingPart[], { sync, isLate }: StoreWith): Promise<void> {
    return new Promise((resolve, reject) => {
      const append = new WriteAppend('write', parts, sync, () => resolve(), reject);
      if (isLate) this.#engine.intake.acceptLate(append);
      else this.#engine.intake.accept(append, undefined);
    });
  }

  async #ask(address: Address): Promise<Position | null> {
    const { consumer } = this.#opening;
    if (consumer === null) return null;
    return await this.#engine.ask<'position'>(
      { address, name: null },
      { kind: 'position', id: address.id, consumer },
      'insist',
    );
  }

  async #part(
    consumer: bigint,
    region: bigint | null,
    from: Uint8Array | null,
  ): Promise<ListPart<StoredPosition>> {
    return await this.#engine
      .nextShard()
      .request<'positions'>({ kind: 'positions', consumer, region, from }, 'insist');
  }

  #fenced(table: TableId, position: bigint, expected: bigint): WalError {
    return new WalError(
      'SHALE_FENCED',
      `the position of the consumer in ${tableInWords(table)} is ${position} and not ${expected} as expected, so somebody else has moved it: open the consumer again`,
      { path: this.#engine.path, table, details: { position, expected } },
    );
  }
}

/** The error for what was given of a table that has been dropped. */
export function droppedTable(path: string, table: TableId): WalError {
  return new WalError(
    'SHALE_FENCED',
    `the iteration that gave this batch of ${tableInWords(table)} has ended, or the table was dropped, so its entries come again: nothing was written`,
    { path, table },
  );
}

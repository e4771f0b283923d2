import { decodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH, type TableId, tableKey } from '@shale/codec';

/** Where the low half of a table's id is in the prefix of its log keys, big-endian. */
const LOW_ID_AT = LOG_KEY_PREFIX_LENGTH - 4;

interface Waiting {
  readonly ids: readonly TableId[];
  readonly go: () => void;
}

/**
 * The tables that this thread has lent, and the work that waits for them. Work that needs none of them goes on; work
 * that needs one waits, and later work that shares a table with it waits behind it: so the order per table holds.
 */
export class Holds {
  readonly #lent = new Map<bigint, readonly TableId[]>();
  /** Tables that cannot be touched now, because they are lent or waited for: how often. */
  readonly #taken = new Map<string, number>();
  /** The low halves of their ids, to tell fast that a table is not among them. */
  readonly #lowIds = new Map<number, number>();
  #waiting: Waiting[] = [];

  /** Runs `work` at once if none of the tables is taken, otherwise in its turn. */
  run<R>(ids: readonly TableId[], work: () => R | Promise<R>): R | Promise<R> {
    return this.#taken.size === 0 || !ids.some((id) => this.#taken.has(tableKey(id)))
      ? work()
      : this.#wait(ids, work);
  }

  /** The same for the tables of a frame: the prefixes of their log keys, back to back. */
  runFrame<R>(prefixes: Uint8Array, work: () => R | Promise<R>): R | Promise<R> {
    return this.#taken.size === 0 || !this.#touches(prefixes) ? work() : this.#wait(idsOf(prefixes), work);
  }

  /** The tables are lent from now on. */
  hold(loan: bigint, ids: readonly TableId[]): void {
    this.#lent.set(loan, ids);
    for (const id of ids) this.#take(id);
  }

  /** Whether a table is lent, or waited for. */
  isTaken(id: TableId): boolean {
    return this.#taken.size > 0 && this.#taken.has(tableKey(id));
  }

  /** The tables lent to a loan; undefined when this thread has lent it none, as a thread before it may have. */
  lentTo(loan: bigint): readonly TableId[] | undefined {
    return this.#lent.get(loan);
  }

  /** The tables of a loan are back: what waited for them goes on. */
  release(loan: bigint): void {
    for (const id of this.#lent.get(loan) ?? []) this.#leave(id);
    this.#lent.delete(loan);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { ids } of waiting) for (const id of ids) this.#leave(id);
    for (const item of waiting) {
      if (item.ids.some((id) => this.#taken.has(tableKey(id)))) this.#queue(item);
      else item.go();
    }
  }

  /** Nothing is lent any more, and nothing waits. */
  releaseAll(): void {
    for (const loan of [...this.#lent.keys()]) this.release(loan);
  }

  #wait<R>(ids: readonly TableId[], work: () => R | Promise<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      this.#queue({ ids, go });
    });
  }

  #queue(item: Waiting): void {
    for (const id of item.ids) this.#take(id);
    this.#waiting.push(item);
  }

  #touches(prefixes: Uint8Array): boolean {
    const view = new DataView(prefixes.buffer, prefixes.byteOffset, prefixes.byteLength);
    for (let at = 0; at < prefixes.length; at += LOG_KEY_PREFIX_LENGTH) {
      if (!this.#lowIds.has(view.getUint32(at + LOW_ID_AT))) continue;
      if (this.#taken.has(tableKey(idAt(prefixes, at)))) return true;
    }
    return false;
  }

  #take(id: TableId): void {
    raise(this.#taken, tableKey(id));
    raise(this.#lowIds, lowOf(id));
  }

  #leave(id: TableId): void {
    lower(this.#taken, tableKey(id));
    lower(this.#lowIds, lowOf(id));
  }
}

function idsOf(prefixes: Uint8Array): TableId[] {
  const ids: TableId[] = [];
  for (let at = 0; at < prefixes.length; at += LOG_KEY_PREFIX_LENGTH) ids.push(idAt(prefixes, at));
  return ids;
}

function idAt(prefixes: Uint8Array, at: number): TableId {
  return decodeLogKeyPrefix(prefixes.subarray(at, at + LOG_KEY_PREFIX_LENGTH));
}

function lowOf({ table }: TableId): number {
  return Number(table & 0xffffffffn);
}

function raise<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function lower<K>(counts: Map<K, number>, key: K): void {
  const count = (counts.get(key) ?? 0) - 1;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

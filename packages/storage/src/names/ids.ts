import {
  decodeNameCounter,
  decodeTableNameKey,
  FIRST_NAMED_TABLE,
  floorRange,
  metaKey,
  nameCounterKey,
  regionRange,
  tableNameKey,
  tableNameRange,
  tableRange,
  U64_MAX,
  WalError,
} from '@shale/codec';
import { native } from '../errors.js';
import { firstKey } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';

const LOG_KEY_TABLE_AT = 9;
const META_KEY_TABLE_AT = 2;

/**
 * Ids for new names, ascending, none of which was ever given out: from the counter on, and behind every name there is,
 * should the counter have been lost. Ids of tables that were made without a name are stepped over.
 */
export class NewIds {
  readonly #home: TableHome;
  #next: bigint;
  /** Nothing has an id from `#next` up to before this one. */
  #freeUpTo: bigint;

  /** Throws SHALE_CORRUPT. */
  constructor(home: TableHome) {
    this.#home = home;
    this.#next = firstId(home);
    this.#freeUpTo = this.#next;
  }

  /** What the counter is to say once the ids that were taken are used. */
  get next(): bigint {
    return this.#next;
  }

  /** The next id. Throws SHALE_SEQUENCE_EXHAUSTED when there is none left. */
  take(): bigint {
    while (this.#next >= this.#freeUpTo) {
      if (this.#next >= U64_MAX) {
        throw new WalError('SHALE_SEQUENCE_EXHAUSTED', 'there are no ids left for tables with a name', {
          path: this.#home.path,
        });
      }
      this.#freeUpTo = firstUsed(this.#home, this.#next);
      if (this.#freeUpTo === this.#next) this.#next++;
    }
    return this.#next++;
  }
}

function firstId(home: TableHome): bigint {
  const { db, path, instance } = home;
  const value = native({ path }, () => db.get(nameCounterKey(instance)));
  const counter = value === null ? FIRST_NAMED_TABLE : decodeNameCounter(value);
  const range = tableNameRange(instance);
  const from = { lower: tableNameKey(instance, { region: 0n, table: counter }), upper: range.upper };
  if (firstKey(db, from) === null) return counter;
  const { last } = native({ path }, () => db.ends(from.lower, from.upper));
  return last === null ? counter : after(decodeTableNameKey(last, instance).table);
}

/** The first id from `table` on that something in the database has; 2^64 - 1 if nothing has. */
function firstUsed({ db, instance }: TableHome, table: bigint): bigint {
  const entries = firstKey(db, {
    lower: tableRange(instance, { region: 0n, table }).lower,
    upper: regionRange(instance, 0n).upper,
  });
  const floor = firstKey(db, { lower: metaKey(instance, table), upper: floorRange(instance).upper });
  const used = BigUint64Array.of(
    entries === null ? U64_MAX : tableIn(entries, LOG_KEY_TABLE_AT),
    floor === null ? U64_MAX : tableIn(floor, META_KEY_TABLE_AT),
  );
  return used.sort()[0] ?? U64_MAX;
}

/** The table id at an offset of a key, which may be a foreign one that ends before. */
function tableIn(key: Uint8Array, at: number): bigint {
  const bytes = new Uint8Array(8);
  bytes.set(key.subarray(at, at + 8));
  return new DataView(bytes.buffer).getBigUint64(0);
}

function after(id: bigint): bigint {
  return id < U64_MAX ? id + 1n : U64_MAX;
}

import {
  FIRST_NAMED_TABLE,
  isNamedTable,
  MAX_NAME_BYTES,
  mustBe,
  type TableId,
  WalError,
} from '@shale/codec';
import type { Catalog } from '../catalog/catalog.js';

/** Ids of names are given out one by one. Beyond so many it is not kept which ones have another beginning: 8 MiB. */
const MOST_KEPT = 2 ** 26;

/** The region of all tables that have a name. */
export const NAMED_REGION = 0n;

/** Reads the beginning of names. Throws SHALE_INVALID_ARGUMENT, and SHALE_TOO_LARGE for one that no name can have. */
export function readPrefix(value: unknown): string {
  if (typeof value !== 'string' || value === '' || /\p{Surrogate}/u.test(value))
    throw mustBe('prefix', 'what names begin with, well-formed and not empty', value);
  const bytes = Buffer.byteLength(value, 'utf8');
  if (bytes <= MAX_NAME_BYTES) return value;
  throw new WalError(
    'SHALE_TOO_LARGE',
    `a table name has at most ${MAX_NAME_BYTES} bytes of UTF-8, and the prefix has ${bytes}`,
    { details: { field: 'prefix', length: bytes, limit: MAX_NAME_BYTES } },
  );
}

/**
 * The tables whose names begin alike. What a table is called does not change, so it is looked up once; of those that are
 * called otherwise a bit is kept.
 */
export class NamePrefix {
  readonly #prefix: string;
  readonly #catalog: Catalog;
  readonly #others = new Bits();

  constructor(prefix: string, catalog: Catalog) {
    this.#prefix = prefix;
    this.#catalog = catalog;
  }

  /** Whether a table is not one of them, by what is known: it may turn out not to be later. */
  excludes(id: TableId): boolean {
    return !isNamedTable(id) || this.#others.has(id.table - FIRST_NAMED_TABLE);
  }

  /** The names of those that are of them; undefined for the others. */
  async select(ids: readonly TableId[]): Promise<readonly (string | undefined)[]> {
    const names = await this.#catalog.namesOf(ids);
    return ids.map((id, i) => {
      const name = names[i];
      if (name?.startsWith(this.#prefix)) return name;
      if (isNamedTable(id)) this.#others.add(id.table - FIRST_NAMED_TABLE);
      return undefined;
    });
  }
}

/** A set of small numbers. */
class Bits {
  #words = new Uint32Array(32);

  has(number: bigint): boolean {
    if (number >= BigInt(this.#words.length) * 32n) return false;
    const at = Number(number);
    return ((this.#words[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0;
  }

  add(number: bigint): void {
    if (number >= BigInt(MOST_KEPT)) return;
    const at = Number(number);
    const word = at >>> 5;
    if (word >= this.#words.length) {
      const larger = new Uint32Array(Math.max(word + 1, this.#words.length * 2));
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (at & 31));
  }
}

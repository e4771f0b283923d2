import { type AppendFrame, LOG_KEY_PREFIX_LENGTH, type TableId, WalError } from '@shale/codec';

/** Where a region and a table stand in the prefix of log keys, big-endian. */
const REGION_AT = 1;
const TABLE_AT = 9;
const NAMED = 0x80000000;
/** So many names are remembered as alive. */
const MOST_KNOWN = 65_536;
const NONE: ReadonlyMap<number, WalError> = new Map();

/**
 * Keeps what threads send to tables of names from tables that were dropped meanwhile: no table gets the id of a name
 * again, so what was written there would never be found. A thread may have sent it before it could know.
 */
export class NamedGuard {
  readonly #nameOf: (id: TableId) => string | null;
  /** Tables that have their name: the low bits of their ids. */
  readonly #known = new Set<number>();

  /** @param nameOf the name of a table, as the database has it now */
  constructor(nameOf: (id: TableId) => string | null) {
    this.#nameOf = nameOf;
  }

  /** Tables of a frame that have lost their name, by their index. */
  barred({ tables }: AppendFrame): ReadonlyMap<number, WalError> {
    let barred: Map<number, WalError> | null = null;
    const view = new DataView(tables.buffer, tables.byteOffset, tables.byteLength);
    for (let index = 0; index * LOG_KEY_PREFIX_LENGTH < tables.length; index++) {
      const at = index * LOG_KEY_PREFIX_LENGTH;
      const high = view.getUint32(at + TABLE_AT);
      if (high < NAMED || view.getUint32(at + REGION_AT) !== 0 || view.getUint32(at + REGION_AT + 4) !== 0)
        continue;
      const isSmall = high === NAMED;
      const low = view.getUint32(at + TABLE_AT + 4);
      if (isSmall && this.#known.has(low)) continue;
      const id = { region: 0n, table: view.getBigUint64(at + TABLE_AT) };
      if (this.#nameOf(id) === null) {
        barred ??= new Map();
        barred.set(index, droppedBefore(id));
      } else if (isSmall) {
        if (this.#known.size >= MOST_KNOWN) this.#known.clear();
        this.#known.add(low);
      }
    }
    return barred ?? NONE;
  }

  /** A table was dropped. */
  forget(): void {
    this.#known.clear();
  }
}

function droppedBefore(table: TableId): WalError {
  return new WalError(
    'SHALE_NOT_FOUND',
    'the table was dropped in another thread before this came to it, and nothing was written: append again, and a table of the name is made',
    { table },
  );
}

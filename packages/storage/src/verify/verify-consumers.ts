import {
  CATALOG_INSTANCE,
  consumerRange,
  decodeConsumer,
  decodeConsumerKey,
  decodePosition,
  decodePositionKey,
  positionRange,
  type TableId,
  tableInWords,
  WalError,
} from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';
import { TableLast } from './table-last.js';
import type { VerifyFinding } from './verify-events.js';

/**
 * Checks the consumers of an instance as a snapshot shows them: that all records can be read, that each position belongs
 * to a consumer, and that none lies behind the end of its table.
 */
export class ConsumersCheck {
  readonly #home: TableHome;
  readonly #snapshot: Snapshot;
  readonly #names = new Map<bigint, string>();
  readonly #last: TableLast;

  constructor({ db, path, instance }: TableHome, snapshot: Snapshot) {
    this.#home = { db, path, instance };
    this.#snapshot = snapshot;
    this.#last = new TableLast(this.#home, snapshot);
  }

  /** Findings; null after each step, so that none takes long. */
  *run(): Generator<VerifyFinding | null, void, undefined> {
    const { db, instance } = this.#home;
    if (instance === CATALOG_INSTANCE) return;
    for (const page of recordPages(db, consumerRange(instance), this.#snapshot)) {
      for (const { key, value } of page) yield* this.#look(() => this.#checkConsumer(key, value));
      yield null;
    }
    for (const page of recordPages(db, positionRange(instance), this.#snapshot)) {
      for (const { key, value } of page) yield* this.#look(() => this.#checkPosition(key, value));
      yield null;
    }
  }

  #checkConsumer(key: Uint8Array, value: Uint8Array): VerifyFinding | null {
    const name = decodeConsumerKey(key, this.#home.instance);
    const { consumer } = decodeConsumer(value);
    const other = this.#names.get(consumer);
    if (other !== undefined) {
      return finding(`${JSON.stringify(other)} and ${JSON.stringify(name)} have the same positions`);
    }
    this.#names.set(consumer, name);
    return null;
  }

  #checkPosition(key: Uint8Array, value: Uint8Array): VerifyFinding | null {
    const { consumer, ...id } = decodePositionKey(key, this.#home.instance);
    const { position } = decodePosition(value);
    const name = this.#names.get(consumer);
    if (name === undefined) {
      return finding(`a position in ${tableInWords(id)} belongs to no consumer that has a name`, id);
    }
    const last = this.#last.of(id);
    if (last === null || position <= last) return null;
    return finding(
      `${JSON.stringify(name)} is at ${position} of ${tableInWords(id)}, whose last sequence is ${last}`,
      id,
    );
  }

  *#look(check: () => VerifyFinding | null): Generator<VerifyFinding, void, undefined> {
    try {
      const found = check();
      if (found !== null) yield found;
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      yield finding(error.message);
    }
  }
}

function finding(message: string, id?: TableId): VerifyFinding {
  return {
    type: 'finding',
    severity: 'error',
    kind: 'consumer',
    message: `the consumers: ${message}`,
    ...(id === undefined ? {} : { id }),
  };
}

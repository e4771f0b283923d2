import {
  CATALOG_INSTANCE,
  decodeMark,
  decodeMarkKey,
  decodeRetention,
  decodeRetentionKey,
  decodeSubscription,
  decodeSubscriptionKey,
  type KeyRange,
  markRange,
  retentionRange,
  subscriptionRange,
  type TableId,
  tableInWords,
  tableKey,
  WalError,
} from '@shale/codec';
import type { Snapshot } from '@shale/rocksdb';
import { recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';
import type { VerifyFinding } from './verify-events.js';

/**
 * Checks what is retained of an instance's tables as a snapshot shows it: that all records can be read, and that the time
 * marks of each table follow each other as its sequences do.
 */
export class RetentionCheck {
  readonly #home: TableHome;
  readonly #snapshot: Snapshot;
  #last: { readonly table: string; readonly sequence: bigint } | null = null;

  constructor({ db, path, instance }: TableHome, snapshot: Snapshot) {
    this.#home = { db, path, instance };
    this.#snapshot = snapshot;
  }

  /** Findings; null after each step, so that none takes long. */
  *run(): Generator<VerifyFinding | null, void, undefined> {
    const { instance } = this.#home;
    if (instance === CATALOG_INSTANCE) return;
    yield* this.#check(retentionRange(instance), (key, value) => {
      decodeRetentionKey(key, instance);
      decodeRetention(value);
      return null;
    });
    yield* this.#check(subscriptionRange(instance), (key, value) => {
      decodeSubscriptionKey(key, instance);
      decodeSubscription(value);
      return null;
    });
    yield* this.#check(markRange(instance), (key, value) => this.#checkMark(key, value));
  }

  *#check(
    range: KeyRange,
    check: (key: Uint8Array, value: Uint8Array) => VerifyFinding | null,
  ): Generator<VerifyFinding | null, void, undefined> {
    for (const page of recordPages(this.#home.db, range, this.#snapshot)) {
      for (const { key, value } of page) {
        const found = attempted(() => check(key, value));
        if (found !== null) yield found;
      }
      yield null;
    }
  }

  #checkMark(key: Uint8Array, value: Uint8Array): VerifyFinding | null {
    const { ms, ...id } = decodeMarkKey(key, this.#home.instance);
    const sequence = decodeMark(value);
    const table = tableKey(id);
    const before = this.#last?.table === table ? this.#last.sequence : 0n;
    this.#last = { table, sequence };
    if (sequence >= before) return null;
    return finding(
      `the time mark of ${ms} ms after 1970 in ${tableInWords(id)} is at ${sequence}, behind one that is at ${before}`,
      id,
    );
  }
}

function attempted(check: () => VerifyFinding | null): VerifyFinding | null {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
    return finding(error.message);
  }
}

function finding(message: string, id?: TableId): VerifyFinding {
  return {
    type: 'finding',
    severity: 'error',
    kind: 'retention',
    message: `the retention: ${message}`,
    ...(id === undefined ? {} : { id }),
  };
}

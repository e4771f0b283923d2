import { type TableId, tableRange } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { native } from '../errors.js';
import type { LogContext } from '../tables/context.js';

/** Watches of reads that were abandoned half-way end when the read is collected. */
const abandoned = new FinalizationRegistry<{ readonly db: Database; readonly token: bigint }>(
  ({ db, token }) => db.unwatch(token),
);

/** Begins to watch a table for its being dropped. */
export function watchTable(context: LogContext, id: TableId): bigint {
  const { lower } = tableRange(context.instance, id);
  return native({ path: context.path, table: id }, () => context.db.watch(lower));
}

/** The watch of one read: it tells whether the read's table has been dropped. */
export class DropWatch {
  /** Names the watch in a span. */
  readonly token: bigint;
  readonly #db: Database;

  constructor(context: LogContext, id: TableId) {
    this.#db = context.db;
    this.token = watchTable(context, id);
    abandoned.register(this, { db: this.#db, token: this.token }, this);
  }

  /** Ends the watch. Idempotent. */
  end(): void {
    abandoned.unregister(this);
    this.#db.unwatch(this.token);
  }

  /** Goes on as `inner`, and ends the watch with it. */
  *during<T>(inner: Generator<T, void, undefined>): Generator<T, void, undefined> {
    try {
      yield* inner;
    } finally {
      this.end();
    }
  }
}

import type { Database } from '@shale/rocksdb';
import type { KnownIds } from '../append-ids/known-ids.js';
import type { LogCounters } from './counters.js';
import type { FrameWatch } from './frame-watch.js';
import type { KnownTables } from './known-tables.js';

/** What every step of the log works on. */
export interface LogContext {
  readonly db: Database;
  /** The database directory. */
  readonly path: string;
  readonly instance: number;
  readonly tables: KnownTables;
  readonly ids: KnownIds;
  readonly counters: LogCounters;
  readonly watch: FrameWatch;
}

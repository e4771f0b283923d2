import type { Lifecycle } from '../lifecycle.js';
import type { LogView } from '../log-view.js';
import type { ShardResults, ShardTasks } from '../shard/protocol.js';
import type { OnLoss, Shard } from '../shard/shard.js';
import type { Address } from '../table-ref.js';
import type { OpenReads } from './open-reads.js';
import type { PeekBudget } from './peek-budget.js';
import type { ReadMemory } from './read-memory.js';

/** What reads need of the WAL. */
export interface ReadContext {
  /** The real path of the database. */
  readonly path: string;
  readonly lifecycle: Lifecycle;
  readonly reads: OpenReads;
  readonly readMemory: ReadMemory;
  readonly peeks: PeekBudget;
  readonly log: LogView;
  shard(index: number): Shard;
  /** Asks the shard that owns a table about it. */
  ask<K extends 'ends' | 'readStart' | 'readNext' | 'timeAt'>(
    of: { readonly address: Address; readonly name: string | null },
    task: ShardTasks[K],
    onLoss?: OnLoss,
  ): Promise<ShardResults[K]>;
}

import type { TableId } from '@shale/codec';

/**
 * What the names need where another thread has opened the WAL. That thread makes and drops them; here they are cached, and
 * each is watched, so that no table is used under a name that it has lost.
 */
export interface OwnerNames {
  /** The tables of names; those that there are not yet are made. */
  make(names: readonly string[]): Promise<readonly TableId[]>;
  /** Calls `call` once there is a table of the name, soon after it was made. Returns what cancels that. */
  whenMade(name: string, call: () => void): () => void;
  /** How many tables were dropped so far. */
  dropCount(): bigint;
  /** Begins to watch whether a table is dropped. */
  watch(id: TableId): bigint;
  sawDrop(token: bigint): boolean;
  unwatch(token: bigint): void;
}

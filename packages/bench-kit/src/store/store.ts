import type { Durability } from '@shale/engine';
import type { CaseSpec } from '../report/spec.js';

/** Options for opening a store. */
export interface StoreOptions {
  /** What an acknowledgement must mean: on stable storage, or handed to the operating system. */
  readonly durability: Durability;
  /** Worker threads, if the store has that option. */
  readonly shards: number;
  /** Tables that will be used, numbered from 0. */
  readonly tables: number;
  /** Whether reads should bypass all caches, if the store can. */
  readonly cold?: boolean | undefined;
}

/** An open store of table logs, the interface of every contender. Sequences count from 1 in each table. */
export interface Store {
  /** Appends entries in order; resolves when they are acknowledged with the store's durability. */
  append(table: number, payloads: readonly Uint8Array[]): Promise<unknown>;
  /** Calls `visit` in order for up to `limit` payloads from sequence `from` on. Resolves to their number. */
  scan(table: number, from: number, limit: number, visit: (payload: Uint8Array) => void): Promise<number>;
  /** Removes all entries up to and including this sequence; absent in stores that are not measured with trims. */
  trim?(table: number, upTo: number): Promise<unknown>;
  /** Moves what is in memory to where a cold read finds it; absent in stores without such a place. */
  flush?(): Promise<void>;
  /** Releases everything. Nothing is called afterwards. */
  close(): Promise<void>;
}

/** One contender. A module that is measured exports it as `driver`. */
export interface StoreDriver {
  readonly name: string;
  /** The documentation that its settings follow. */
  readonly tunedBy: string;
  /** The kinds of cases it takes part in. Default: all. */
  readonly kinds?: readonly CaseSpec['kind'][] | undefined;
  /** Whether it takes part in the cases that are Shale's alone, too. Default: no. */
  readonly everyCase?: boolean | undefined;
  /** Whether its work is done by another process, of which nothing is measured but its answers. Default: no. */
  readonly isServer?: boolean | undefined;
  /** The guarantees it can give. */
  readonly durabilities: readonly Durability[];
  /** Its version; throws when the store is not available. */
  version(): string;
  /** Opens it in a directory, which is empty the first time. */
  open(directory: string, options: StoreOptions): Promise<Store>;
}

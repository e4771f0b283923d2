import type { Durability } from '@shale/engine';
import type { CaseSpec } from '../cases/spec.js';

/** How a store is opened. */
export interface StoreOptions {
  /** What an acknowledgement must mean: on stable storage, or handed to the operating system. */
  readonly durability: Durability;
  /** Worker threads, where the store has that choice. */
  readonly shards: number;
  /** Tables that will be used, numbered from 0. */
  readonly tables: number;
  /** Whether reads shall go past all caches, where the store can. */
  readonly cold?: boolean | undefined;
}

/** An open store of table logs, as all contenders look to the suite. Sequences count from 1 in each table. */
export interface Store {
  /** Appends entries in order; resolves when they are acknowledged with the durability that the store was opened with. */
  append(table: number, payloads: readonly Uint8Array[]): Promise<unknown>;
  /** Hands up to `limit` payloads, from this sequence on, to `visit`, in order. Resolves to how many there were. */
  scan(table: number, from: number, limit: number, visit: (payload: Uint8Array) => void): Promise<number>;
  /** Removes all entries up to this sequence; left out by stores that are not measured with trims. */
  trim?(table: number, upTo: number): Promise<unknown>;
  /** Moves what is in memory to where a cold read finds it; left out by stores without such a place. */
  flush?(): Promise<void>;
  /** Gives everything back. Nothing else is called afterwards. */
  close(): Promise<void>;
}

/** One contender. A module that is measured exports it as `driver`. */
export interface StoreDriver {
  readonly name: string;
  /** The documentation that its settings follow. */
  readonly tunedBy: string;
  /** The kinds of cases it takes part in. Default: all. */
  readonly kinds?: readonly CaseSpec['kind'][] | undefined;
  /** The guarantees it can give. */
  readonly durabilities: readonly Durability[];
  /** Its version; throws when the store is not there. */
  version(): string;
  /** Opens it in a directory, which is empty the first time. */
  open(directory: string, options: StoreOptions): Promise<Store>;
}

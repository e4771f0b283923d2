import { channel } from 'node:diagnostics_channel';
import type { TableId } from '@shale/codec';
import type { HealthPlace } from '../health-channel.js';

/**
 * What the channel `shale:trim` of `node:diagnostics_channel` says, in the thread that opened the WAL, before the promise of
 * the trim or drop resolves: entries of a table are gone. Those that fail, or find no table of a name, are not told; of a
 * table that is told by its ids they are, also when it was never written. Trims of a table are told in the order in which
 * they are done; a drop may be told after what was done to the table behind it.
 */
export interface TrimEvent extends HealthPlace {
  /** Whether the table was trimmed, or dropped for good. */
  readonly type: 'trim' | 'drop';
  /** The ids of the table. */
  readonly table: TableId;
  /** Its name; null when it was asked for by its id. */
  readonly name: string | null;
  /** Whether it is on stable storage. */
  readonly durability: 'sync' | 'os';
  /** The last sequence that this trim removed; 0n when there was nothing to remove. Null for a drop. */
  readonly removedUpTo: bigint | null;
  /** The table's first sequence now; 0n for a table never written, as one that was dropped is. */
  readonly first: bigint;
  /** Its last sequence; 0n as above. */
  readonly last: bigint;
}

const TRIM = channel('shale:trim');

/** What was trimmed or dropped. */
interface Removed {
  readonly id: TableId;
  readonly name: string | null;
  readonly sync: boolean;
}

/** Tells those who listen what was removed. Ask whether anybody does before something is made for it. */
export class TrimEvents {
  readonly #place: HealthPlace;

  constructor({ path, instance }: HealthPlace) {
    this.#place = { path, instance };
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return TRIM.hasSubscribers;
  }

  trimmed(what: Removed, first: bigint, last: bigint, removedUpTo: bigint): void {
    this.#tell('trim', what, { removedUpTo, first, last });
  }

  dropped(what: Removed): void {
    this.#tell('drop', what, { removedUpTo: null, first: 0n, last: 0n });
  }

  #tell(
    type: TrimEvent['type'],
    { id, name, sync }: Removed,
    ends: Pick<TrimEvent, 'removedUpTo' | 'first' | 'last'>,
  ): void {
    const durability = sync ? 'sync' : 'os';
    // Whoever listens may do with it what they like.
    const table = { region: id.region, table: id.table };
    TRIM.publish({ ...this.#place, type, table, name, durability, ...ends } satisfies TrimEvent);
  }
}

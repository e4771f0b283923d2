import { channel } from 'node:diagnostics_channel';
import type { WalError } from '@shale/codec';
import type { DamagedFile } from '@shale/storage';
import type { HealthState } from './health.js';

/**
 * What the channel `shale:health` of `node:diagnostics_channel` says, in the thread that opened the WAL:
 *
 * - `state`: the WAL went to another state. `error` is what every write gets now; null when it is well again.
 * - `damage`: a compaction could not read a table file, `damage`. The WAL stays as it is; each file is told once. `error`
 *   says it as SHALE_CORRUPT.
 */
export type HealthEvent = HealthPlace &
  (
    | { readonly type: 'state'; readonly state: HealthState; readonly error: WalError | null }
    | { readonly type: 'damage'; readonly damage: DamagedFile; readonly error: WalError }
  );

/** Which WAL it is about. */
export interface HealthPlace {
  /** The real path of the database. */
  readonly path: string;
  /** Which WAL of the database. */
  readonly instance: number;
}

const HEALTH = channel('shale:health');

/** Tells those who listen. */
export function publishHealth(event: HealthEvent): void {
  if (HEALTH.hasSubscribers) HEALTH.publish(event);
}

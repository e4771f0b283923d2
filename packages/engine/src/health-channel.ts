import { channel } from 'node:diagnostics_channel';
import type { WalError } from '@shale/codec';
import type { DamagedFile } from '@shale/storage';
import type { HealthState } from './health.js';

/**
 * What the channel `shale:health` of `node:diagnostics_channel` says, in the thread that opened the WAL.
 */
export type HealthEvent = HealthStateEvent | HealthDamageEvent;

/** Which WAL it is about. */
export interface HealthPlace {
  /** The real path of the database. */
  readonly path: string;
  /** Which WAL of the database. */
  readonly instance: number;
}

/** The WAL went to another state. */
export interface HealthStateEvent extends HealthPlace {
  /** Tells the kinds of events apart. */
  readonly type: 'state';
  /** The state it is in now. */
  readonly state: HealthState;
  /** What every write gets now; null when it is well again. */
  readonly error: WalError | null;
}

/** A compaction could not read a table file. The WAL stays as it is; each file is told once. */
export interface HealthDamageEvent extends HealthPlace {
  /** Tells the kinds of events apart. */
  readonly type: 'damage';
  /** Which file, and what of it. */
  readonly damage: DamagedFile;
  /** The same as an error of code SHALE_CORRUPT. */
  readonly error: WalError;
}

const HEALTH = channel('shale:health');

/** Tells those who listen. */
export function publishHealth(event: HealthEvent): void {
  if (HEALTH.hasSubscribers) HEALTH.publish(event);
}

import { type Wal, WalError, type WalOptions } from '@shale/engine';
import type { Random } from '../../support/random.js';
import { pause } from '../parts/pause.js';
import type { JointFigures } from './round.js';

/** Two regions, whose tables have ids of their own: the metadata record of a table has no region. */
export const REGIONS = [1n, 2n] as const;

/** One WAL and what all that goes on in it has to know. */
export interface Site {
  readonly name: string;
  readonly random: Random;
  readonly options: WalOptions;
  readonly figures: JointFigures;
  /** The WAL as it is open now. */
  wal: Wal;
  /** What may happen to a call that is good. */
  readonly excuses: ReadonlySet<string>;
  /** A call found no room. Resolves when there is some again. */
  room(): Promise<void>;
  /** A call found the WAL closed. Resolves when it is open again. */
  reopened(): Promise<void>;
  /** Calls of writers that were done. */
  done: number;
  /** Whether all writers are done. */
  isOver: boolean;
}

/** The code of an error that the site excuses; all others are thrown again. */
export function excusedCode(site: Site, what: string, error: unknown): string {
  if (error instanceof WalError && site.excuses.has(error.code)) return error.code;
  throw new Error(`${site.name}: ${what} failed`, { cause: error });
}

/** Of 10 ms each: a minute, when nothing can be done meanwhile. */
const MOST_WAITS = 6000;

/**
 * Waits until a writer has done something since `before`, however long that takes on a machine that is busy: what is
 * broken anew before it has begun comes to nothing.
 */
export async function untilDone(site: Site, before: number): Promise<void> {
  for (let waits = 0; waits < MOST_WAITS && site.done === before && !site.isOver; waits++) await pause(10);
}

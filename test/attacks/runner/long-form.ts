import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { TEST_HANG_MS } from '../../support/patience.js';

/** How far a test goes, as the environment says. */
export interface LongForm {
  readonly runs: number;
  readonly minutes: number | undefined;
  readonly seed: number;
  readonly path: string | undefined;
  /** Where directories are made: in memory if there is such a place. */
  readonly directory: string;
  /** 0, none, for a long form. */
  readonly timeout: number;
}

/** The short form ends after this even on a machine that is busy with other things. */
const SHORT_MINUTES = 0.4;

/**
 * The short form of at most so many runs, unless SHALE_RUNS, SHALE_MINUTES, SHALE_SEED or SHALE_PATH ask for another
 * one.
 */
export function longForm(shortRuns: number): LongForm {
  const { SHALE_RUNS, SHALE_MINUTES, SHALE_SEED, SHALE_PATH } = process.env;
  const isLong = SHALE_RUNS !== undefined || SHALE_MINUTES !== undefined;
  const minutes = SHALE_MINUTES === undefined ? undefined : Number(SHALE_MINUTES);
  return {
    runs: Number(SHALE_RUNS ?? (minutes === undefined ? shortRuns : 1e9)),
    minutes: isLong ? minutes : SHORT_MINUTES,
    seed: Number(SHALE_SEED ?? Math.floor(Math.random() * 2 ** 31)),
    path: SHALE_PATH,
    directory: existsSync('/dev/shm') ? '/dev/shm' : tmpdir(),
    timeout: isLong ? 0 : TEST_HANG_MS,
  };
}

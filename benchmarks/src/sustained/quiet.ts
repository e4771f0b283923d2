import { setTimeout as sleep } from 'node:timers/promises';
import { bytesForDevices } from './handed-over.js';

/** Nothing written for so long is the end of what a log does by itself. */
const QUIET_MS = 5000;
/** Its own information log is written to a file, too. */
const HARDLY_ANY = 10_000;

/** Waits until this process writes hardly anything to files any more. */
export async function untilQuiet(): Promise<void> {
  for (let before = Number.NEGATIVE_INFINITY; ; ) {
    const now = await bytesForDevices();
    if (now - before < HARDLY_ANY) return;
    before = now;
    await sleep(QUIET_MS);
  }
}

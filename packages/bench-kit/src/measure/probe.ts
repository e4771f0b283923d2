import type { Measures } from '../report/measures.js';
import { watchGc } from './gc-pauses.js';
import { watchMainThread } from './main-thread.js';
import { bytesWritten } from './process-io.js';
import { syncsSoFar } from './sync-counter.js';

/** What happened in the process while a probe ran. */
export interface Probed {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Null when unknown. */
  readonly syncs: number | null;
  /** Null when unknown. */
  readonly bytesWritten: number | null;
  /** Measures that do not depend on the work: event loop, garbage collection, memory. */
  readonly measures: Measures;
}

/** Starts to watch this process; the returned function stops and returns the result. */
export function startProbe(): () => Probed {
  const syncs = syncsSoFar();
  const written = bytesWritten();
  const stopMainThread = watchMainThread();
  const stopGc = watchGc();
  const cpu = process.cpuUsage();
  const started = performance.now();
  return () => {
    const seconds = (performance.now() - started) / 1000;
    const used = process.cpuUsage(cpu);
    const load = stopMainThread();
    const gc = stopGc();
    const since = (now: number | null, then: number | null): number | null =>
      now === null || then === null ? null : now - then;
    return {
      seconds,
      cpuSeconds: (used.user + used.system) / 1e6,
      syncs: since(syncsSoFar(), syncs),
      bytesWritten: since(bytesWritten(), written),
      measures: {
        mainThreadBusy: load.busy * 100,
        loopDelayP99: load.delayP99Ms,
        loopDelayMax: load.delayMaxMs,
        gcPauses: gc.sumMs,
        gcPauseMax: gc.maxMs,
        // The peak of the whole process lifetime, in KiB; each case runs in its own process.
        peakRss: process.resourceUsage().maxRSS / 1024,
      },
    };
  };
}

/** What a probe saw, per entry written while it ran. */
export function perEntry(probed: Probed, entries: number, payloadBytes: number): Measures {
  const known = entries > 0;
  return {
    ...probed.measures,
    entries,
    entriesPerSecond: entries / probed.seconds,
    megabytesPerSecond: payloadBytes / probed.seconds / 1e6,
    ...(known && { cpuSecondsPerMillion: (probed.cpuSeconds / entries) * 1e6 }),
    ...(probed.syncs !== null && { syncs: probed.syncs }),
    ...(probed.syncs !== null && probed.syncs > 0 && { entriesPerSync: entries / probed.syncs }),
    ...(known && probed.bytesWritten !== null && { writeAmplification: probed.bytesWritten / payloadBytes }),
  };
}

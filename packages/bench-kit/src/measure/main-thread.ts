import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** What the main thread did between the start and the stop of a measurement. */
export interface MainThreadLoad {
  /** Share of the time that the event loop was not idle, 0 to 1. */
  readonly busy: number;
  /** 99th percentile of the event loop's delay beyond the sampling interval, in milliseconds. */
  readonly delayP99Ms: number;
  /** Largest delay seen, in milliseconds. */
  readonly delayMaxMs: number;
}

const RESOLUTION_MS = 1;

/** Starts to watch this thread's event loop; the returned function stops and returns the result. */
export function watchMainThread(): () => MainThreadLoad {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const before = performance.eventLoopUtilization();
  const started = performance.now();
  histogram.enable();
  return () => {
    histogram.disable();
    const load = performance.eventLoopUtilization(before);
    // The histogram holds whole intervals between two samples, including the sampling interval. Without any sample, the
    // loop did not complete a single iteration.
    const stuckMs = histogram.count === 0 ? performance.now() - started : 0;
    const beyond = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS, stuckMs);
    return {
      busy: load.utilization,
      delayP99Ms: beyond(histogram.percentile(99)),
      delayMaxMs: beyond(histogram.max),
    };
  };
}

import { PerformanceObserver } from 'node:perf_hooks';

/** Garbage collections of this thread, in milliseconds. */
export interface GcPauses {
  readonly sumMs: number;
  readonly maxMs: number;
}

/** Starts to watch this thread's garbage collections; the returned function stops and returns the result. */
export function watchGc(): () => GcPauses {
  let sumMs = 0;
  let maxMs = 0;
  const note = (durations: readonly { readonly duration: number }[]): void => {
    for (const { duration } of durations) {
      sumMs += duration;
      maxMs = Math.max(maxMs, duration);
    }
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return () => {
    note(observer.takeRecords());
    observer.disconnect();
    return { sumMs, maxMs };
  };
}

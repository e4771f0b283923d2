/** Of the process as it was when this was loaded: an application's tests may put a clock of their own in its place. */
const sinceStart = performance.now.bind(performance);

/** Each thread counts from its own start. */
const START_MS = hrtimeMs() - sinceStart();

/** Milliseconds of a clock that all threads of the process share, and that nobody sets. */
export function sharedNow(): number {
  return START_MS + sinceStart();
}

function hrtimeMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1_000_000;
}

/** Of the process as it was when this was loaded: an application's tests may put a clock of their own in its place. */
const hrtime = process.hrtime.bind(process);

/**
 * Milliseconds of a clock that all threads of the process share, and that nobody sets. `performance.now()` counts from the
 * start of each thread, which is known to be somewhere between two calls only.
 */
export function sharedNow(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1000 + nanoseconds / 1_000_000;
}

/** Nobody writes to it. */
const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** The moment is over long before, however busy the machine is. */
const MOMENT_MS = 30_000;

/**
 * A call of the addon, which answers something, be it null. While a thread is being ended there is a moment in which the
 * addon may throw no errors any more, so that a call that fails returns undefined, but JavaScript still runs: it must not
 * take that for success. It waits here for the end, which interrupts the wait.
 */
export function answering<A extends readonly unknown[], R>(call: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    const answer = call(...args);
    if (answer === undefined) Atomics.wait(NEVER, 0, 0, MOMENT_MS);
    return answer;
  };
}

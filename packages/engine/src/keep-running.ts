/** No longer one can be. */
const LONGEST_MS = 2 ** 31 - 1;

/** What keeps this thread's event loop running, while it is told to. */
const timer = setInterval(() => {}, LONGEST_MS).unref();
let waits = 0;

/**
 * A wait begins for what threads or other processes bring about, and what this one does nothing for: it keeps running.
 * Returns what is called once, when the wait is over.
 */
export function keepRunning(): () => void {
  if (waits++ === 0) timer.ref();
  return () => {
    if (--waits === 0) timer.unref();
  };
}

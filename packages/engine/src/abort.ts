/**
 * One listener per signal, however many wait on it: a signal that is given to thousands of appends would otherwise
 * warn of a leak, and removing a listener from it would search through all the others.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `call` when the signal aborts. Returns what takes that back. */
export function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
  if (signal === undefined) return nothing;
  let calls = waiting.get(signal);
  if (calls === undefined) {
    const all = new Set<() => void>();
    calls = all;
    waiting.set(signal, all);
    signal.addEventListener(
      'abort',
      () => {
        waiting.delete(signal);
        for (const each of all) each();
      },
      { once: true },
    );
  }
  const mine = calls;
  mine.add(call);
  return () => mine.delete(call);
}

function nothing(): void {}

/** Runs `inFlight` loops that each await one operation before the next, until a time of `performance.now()`. */
export async function closedLoop(
  inFlight: number,
  until: number,
  operation: () => Promise<unknown>,
  note: (latencyMs: number) => void,
): Promise<void> {
  const loop = async (): Promise<void> => {
    for (let started = performance.now(); started < until; ) {
      await operation();
      const now = performance.now();
      note(now - started);
      started = now;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
}

/** Waits. Attacks do, to come at an odd moment; tests wait for events. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

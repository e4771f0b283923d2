import type { ProgressReport } from '@shale/bench-kit';

/** Shows where a run is: one line that is written over on a terminal, a line for each measurement elsewhere. */
export function showProgress({ done, total, round, rounds, id, store, secondsLeft }: ProgressReport): void {
  const text = `${done + 1}/${total}  round ${round}/${rounds}  ${id}  ${store}  ${duration(secondsLeft)} left`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}

/** Clears what `showProgress` has left on a terminal. */
export function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

import type { Point } from './history.js';

/** Drawings are so wide and high before they are stretched to their place. */
export const WIDTH = 300;
export const HEIGHT = 100;

/** The path of runs of points. A point alone is a short line. */
export function curve(runs: readonly (readonly Point[])[], heightOf: (value: number) => number): string {
  return runs.map((run) => `M${placesOf(run, heightOf).join('L')}`).join('');
}

/** The area under it. */
export function area(runs: readonly (readonly Point[])[], heightOf: (value: number) => number): string {
  return runs
    .map((run) => {
      const [first, last] = [run[0]?.x ?? 0, run.at(-1)?.x ?? 0];
      return `M${toX(first)},${HEIGHT}L${placesOf(run, heightOf).join('L')}L${toX(last)},${HEIGHT}Z`;
    })
    .join('');
}

function placesOf(run: readonly Point[], heightOf: (value: number) => number): string[] {
  const places = run.map(({ x, value }) => `${toX(x)},${(HEIGHT * (1 - heightOf(value))).toFixed(1)}`);
  const [only] = places;
  return places.length === 1 && only !== undefined ? [only, `${only}h-1`] : places;
}

function toX(x: number): string {
  return (WIDTH * x).toFixed(1);
}

export const LF = 10;
export const CR = 13;

/** What ends the lines of an input: a line feed, with a carriage return before it or not, or a carriage return alone. */
export type LineEnd = 'lf' | 'cr';

/** The byte that a line ends with. */
export function newlineOf(lineEnd: LineEnd | undefined): number {
  return lineEnd === 'cr' ? CR : LF;
}

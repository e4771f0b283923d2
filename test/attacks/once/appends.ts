/** The region of the tables that are appended to. */
export const REGION = 1n;
/** How many there are. */
export const TABLES = 5;
/** The region of the tables that writes over several shards are to. */
export const OTHER_REGION = 2n;
/** Who appends. */
export const PRODUCERS = 8;
/** How many appends a producer has under way. */
export const AT_ONCE = 5;
/** How many appends that are in already are repeated after each kill. */
export const REPEATED = 40;

/** What the process notes of an append that was acknowledged, a line each. */
export interface Noted {
  readonly producer: number;
  readonly number: number;
  readonly first: number;
}

/** Where an append of a producer goes. */
export function tableOf({ producer, number }: Pick<Noted, 'producer' | 'number'>): number {
  return (producer + number * 3) % TABLES;
}

/** The entries of an append: most have one, some are batches. */
export function textsOf({ producer, number }: Pick<Noted, 'producer' | 'number'>): string[] {
  const count = number % 7 === 0 ? 3 : 1;
  return Array.from({ length: count }, (_, i) => `${producer}/${number}/${i}`);
}

/** What has been noted, the last line left out if it is torn. */
export function notesIn(text: string): Noted[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [producer = 0, number = 0, first = 0] = line.split(' ').map(Number);
      return { producer, number, first };
    });
}

/** The region of every other table; the others are in the next one. */
export const REGION = 1n;
/** How many tables there are. */
export const TABLES = 6;
/** How many streams the replica has. */
export const PARTITIONS = 2;

/** What a table has at a sequence: now and then more than a message takes. */
export function textOf(table: number, sequence: bigint): Buffer {
  const text = `${table}/${sequence}`;
  return sequence % 5000n === 0n ? Buffer.alloc(1_500_000, text) : Buffer.from(text);
}

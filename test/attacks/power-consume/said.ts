/** The region of the tables that are consumed. */
export const INPUTS = 1n;
/** The region of the tables that the consumer copies them to. */
export const OUTPUTS = 2n;
/** How many of them there are. */
export const TABLES = 3;

/** What the process says is on stable storage, a line each, in a file that is recorded with the disk. */
export type Said =
  /** The append with this number. */
  | { readonly say: 'in'; readonly table: number; readonly number: number; readonly first: number }
  /** The position of the consumer, and with it all outputs up to there. */
  | { readonly say: 'out'; readonly table: number; readonly upTo: number };

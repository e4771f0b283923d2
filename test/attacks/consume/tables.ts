/** The region of the tables that are consumed. */
export const INPUTS = 1n;
/** The region of the tables that what came of them is written to. */
export const OUTPUTS = 2n;
/** How many of them there are. */
export const TABLES = 5;

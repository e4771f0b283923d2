/** The region of the tables that are retained. */
export const REGION = 1n;
/** How many of them there are. */
export const TABLES = 4;
/** So many entries are kept for consumers. */
export const KEEP = 100n;
/** So many are kept at most. */
export const AT_MOST = 1000n;

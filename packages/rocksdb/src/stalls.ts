/** Writes that had to wait for one cause. */
export interface StallTime {
  /** How many there were. */
  readonly count: number;
  /** How long they waited, in milliseconds, all together. */
  readonly ms: number;
}

/** Writes that had to wait since the process opened the database, by cause. Those of all logs in it. */
export interface Stalls {
  /** Writes that waited a little because flushes wrote to the disk more slowly than they came. */
  readonly memory: StallTime;
  /** Writes that waited a little because level 0 had `level0SlowdownWritesTrigger` files: passes did not keep up. */
  readonly level0: StallTime;
  /** Times when RocksDB held up or stopped all writes, because flushes had left no room in memory in spite of that. */
  readonly stopped: StallTime;
}

/** Reads what the addon says. */
export function parseStalls(json: string): Stalls {
  return JSON.parse(json);
}

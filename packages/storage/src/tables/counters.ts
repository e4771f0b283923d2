/** What a log has done since it was opened. */
export interface LogCounters {
  /** Appends that are in, empty ones included; each part of an atomic write counts. */
  appends: number;
  /**
   * Appends refused because of `expect`, a table that cannot be recovered, no sequences left, or the position of a
   * consumer; refused positions count.
   */
  appendsRefused: number;
  entriesWritten: number;
  /** Native writes, one per frame that had entries. */
  writes: number;
  /** Native scans, one per chunk. */
  scans: number;
  entriesRead: number;
  /** Scans of a table that ended with what cannot be read. */
  unreadable: number;
  trims: number;
  drops: number;
}

/** Counters that stand at 0. */
export function newCounters(): LogCounters {
  return {
    appends: 0,
    appendsRefused: 0,
    entriesWritten: 0,
    writes: 0,
    scans: 0,
    entriesRead: 0,
    unreadable: 0,
    trims: 0,
    drops: 0,
  };
}

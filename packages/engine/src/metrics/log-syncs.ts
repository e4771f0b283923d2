/**
 * Syncs of the whole log beside those of frames that asked for stable storage, by what they were for. Those that failed
 * are not counted.
 */
export interface LogSyncs {
  /** For `syncWithinMs` of `openWal`, as far as their thread has told this one. */
  readonly within: number;
  /** For follows that wait for stable storage. */
  readonly follows: number;
  /** For `wal.sync()` and `wal.flush()`. */
  readonly calls: number;
}

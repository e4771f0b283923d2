/** What is told of a consumer that is open. */
export interface ConsumerMetrics {
  /** The name that it was opened with. */
  readonly name: string;
  /** Which part of its tables it has; null for all. */
  readonly partition: {
    /** Which one it is, from 0. */
    readonly index: number;
    /** How many there are. */
    readonly of: number;
  } | null;
  /** How many tables it is in; 0 while it has left its iteration and not begun another one. */
  readonly tables: number;
  /**
   * In how many of them there are entries that are acknowledged to those who appended them, and not by the consumer. Of
   * more than a thousand tables it is of the time when they were last looked at, which asking begins. Null until it is
   * known, and while the consumer has left its iteration and not begun another one.
   */
  readonly behind: number | null;
  /** How many entries these are; null as above. */
  readonly lag: bigint | null;
  /** Entries handed out and not acknowledged. */
  readonly unacked: number;
  /** Times that it was not given entries, for they were gone. */
  readonly gaps: number;
}

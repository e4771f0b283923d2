/** A consumer, and how far it is behind. */
export interface ConsumerInfo {
  /** The name that it was opened with. */
  readonly name: string;
  /** Whether it is open now, by this process. */
  readonly isOpen: boolean;
  /** How often it was opened. */
  readonly epoch: bigint;
  /** In how many tables it has a position. */
  readonly tables: number;
  /** In how many of these there are entries behind its position. */
  readonly behind: number;
  /** How many sequences of these tables are behind its positions, trimmed ones included. */
  readonly lag: bigint;
}

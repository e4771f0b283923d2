/** What the writer tells its parent, several times a second: what has been acknowledged, and how it feels. */
export interface WriterReport {
  /** Names of tables not named before; they are numbered in this order. */
  readonly newTables: readonly string[];
  /** For each table that moved: its number, its last acknowledged sequence, and the hash of its entries up to there. */
  readonly acknowledged: readonly (readonly [table: number, last: string, chain: string])[];
  /** Entries acknowledged in all. */
  readonly entries: number;
  /** 99 % of the writer's event-loop turns were late by no more than this, in milliseconds. */
  readonly loopDelayMs: number;
}

/** What of a message from a child process is a report. */
export function isWriterReport(message: unknown): message is WriterReport {
  return (
    typeof message === 'object' &&
    message !== null &&
    'acknowledged' in message &&
    Array.isArray(message.acknowledged)
  );
}

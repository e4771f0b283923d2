/** What stands over the columns of a measurement's costs, on the page and in the terminal. */
export const COLUMNS = {
  rate: 'entries/s',
  handedOver: 'handed over',
  onDisk: 'on disk',
  cpu: 'CPU us/entry',
  p999: 'p99.9 ms',
  worst: 'longest ms',
  level0: 'level 0',
} as const;

/** What that means, a line each. */
export const TERMS: readonly string[] = [
  `${COLUMNS.handedOver}: bytes that the process gave to the operating system, for each byte of payload.`,
  `${COLUMNS.onDisk}: those of them that went to the device, less what was deleted before it got there; negative where more was deleted than written.`,
  `${COLUMNS.cpu}: processor time of the whole process, writers, consumer and the threads of RocksDB, for each entry.`,
  `${COLUMNS.p999}, ${COLUMNS.worst}: appends until they were acknowledged.`,
  `${COLUMNS.level0}: table files as they were flushed from memory, each with all tables that were written meanwhile.`,
  'pass: a compaction of all of level 0 that makes files in the order of the tables out of it.',
];

/** What the phases are. */
export const PHASE_TERMS: readonly string[] = [
  'growing: the consumer is away.',
  'quiet, full: nobody writes or reads, until the log itself has nothing more to do; the backlog is there.',
  'catching up: the consumer reads all that is there, and trims behind itself, while writing goes on.',
  'quiet, read: the same as before, when the consumer has read the backlog.',
  'small trims: a KiB is trimmed now and then.',
];

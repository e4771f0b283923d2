/**
 * Every code a {@link WalError} can carry. The meaning of a code never changes; new codes may be added.
 */
export const ERROR_CODES = [
  'SHALE_CLOSED',
  'SHALE_LOCKED',
  'SHALE_CORRUPT',
  'SHALE_INVALID_ARGUMENT',
  'SHALE_TOO_LARGE',
  'SHALE_SEQUENCE_MISMATCH',
  'SHALE_SEQUENCE_EXHAUSTED',
  'SHALE_CROSS_SHARD',
  'SHALE_OVERLOADED',
  'SHALE_TRIMMED',
  'SHALE_AHEAD',
  'SHALE_HOLE',
  'SHALE_FENCED',
  'SHALE_POISONED',
  'SHALE_NO_SPACE',
  'SHALE_NO_RESOURCES',
  'SHALE_OUTCOME_UNKNOWN',
  'SHALE_IO',
  'SHALE_NOT_FOUND',
  'SHALE_READ_ONLY',
  'SHALE_UNSUPPORTED',
  'SHALE_UNAVAILABLE',
  'SHALE_PAYLOAD',
  'SHALE_INTERNAL',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What one code means, for programs and for the generated documentation. */
export interface ErrorCodeInfo {
  /** What happened, as one sentence. */
  readonly meaning: string;
  /** Whether the same call can succeed later and repeating it does no harm. */
  readonly canRetry: boolean;
  /** What to do about it, as one sentence. */
  readonly remedy: string;
}

/** The meaning of every code; the reference table of the documentation is generated from it. */
export const ERROR_INFO: Readonly<Record<ErrorCode, ErrorCodeInfo>> = {
  SHALE_CLOSED: {
    meaning: 'The WAL, or the handle under it, is closed or closing.',
    canRetry: false,
    remedy: 'Open the WAL again; everything acknowledged before is there.',
  },
  SHALE_LOCKED: {
    meaning: 'Another process, or another WAL of this process, has the database open for writing.',
    canRetry: true,
    remedy:
      'Close the other writer, which the message names, wait for it with waitForLock, share it within a process by reuse: true, or open with readOnly: true.',
  },
  SHALE_CORRUPT: {
    meaning: 'Bytes do not have the required layout; details say which field, where, and what was found.',
    canRetry: false,
    remedy:
      'Run `shale verify` on the database; `shale repair` saves what can be read, a backup has the rest.',
  },
  SHALE_INVALID_ARGUMENT: {
    meaning: 'An argument is of the wrong type or out of range; nothing was done.',
    canRetry: false,
    remedy: 'Correct the argument that the message names.',
  },
  SHALE_TOO_LARGE: {
    meaning: 'One append, entry or name is larger than the limit; nothing was written.',
    canRetry: false,
    remedy: 'Split it into smaller ones, or raise the limit that the message names.',
  },
  SHALE_SEQUENCE_MISMATCH: {
    meaning: 'The next sequence of the table is not the one given as `expect`; nothing was written.',
    canRetry: false,
    remedy:
      'Compare details.actual with details.expected. Greater, after an unknown outcome: the append was written, if you ' +
      'are the only one who appends to the table; otherwise read the entry at details.expected. Less: it was not ' +
      'written, and neither was what was to come before it.',
  },
  SHALE_SEQUENCE_EXHAUSTED: {
    meaning: 'The table has used its last sequence, 2^64-1; nothing was written.',
    canRetry: false,
    remedy: 'Continue in another table.',
  },
  SHALE_CROSS_SHARD: {
    meaning:
      'An atomic write named tables of different shards. No longer raised: a write may cover any tables.',
    canRetry: false,
    remedy: 'None is needed; the code stays for programs that name it.',
  },
  SHALE_OVERLOADED: {
    meaning: 'Too many appends are already waiting; nothing was written.',
    canRetry: true,
    remedy: 'Wait for wal.ready() and append again.',
  },
  SHALE_TRIMMED: {
    meaning:
      'Entries that a read had not reached yet were trimmed while it ran, or the entries that a strict read was to ' +
      'begin with were already trimmed.',
    canRetry: false,
    remedy: 'Start a new read at details.first, the first sequence that is still there.',
  },
  SHALE_AHEAD: {
    meaning:
      'A strict read was to begin beyond the next sequence of its table, or the position of a consumer lies there.',
    canRetry: false,
    remedy:
      'Find out why the position is ahead of the table (it may have been dropped, or restored from a backup), and ' +
      'read from details.next or earlier.',
  },
  SHALE_HOLE: {
    meaning:
      'A strict read has come to sequences that have no entries although later ones were given out: they were lost, as a ' +
      'repair has reported, or never written, as where the metadata record that a table shares with those of the same id ' +
      'in other regions was ahead of it, or another system failed to write.',
    canRetry: false,
    remedy:
      'Find out whether something is missing (the report of the repair, another copy), and read on from details.first, ' +
      'the next sequence that there is, or will be.',
  },
  SHALE_FENCED: {
    meaning:
      'The position of a consumer was moved by somebody else: the consumer was opened again elsewhere, or dropped.',
    canRetry: false,
    remedy: 'Let one program at a time use the name; who is to go on opens the consumer again.',
  },
  SHALE_POISONED: {
    meaning: 'A write or sync of the log failed earlier, so nothing more can be acknowledged.',
    canRetry: false,
    remedy: 'Find out why the disk failed, then close the WAL and open it again.',
  },
  SHALE_NO_SPACE: {
    meaning:
      'The disk is full; nothing was written, reads and trims still work. With details.target it is the disk of what a ' +
      'backup, checkpoint, restore or repair writes to; with details.budgetBytes the disk budget of the log is used up. ' +
      'details.consumer is the consumer that most is kept for, where that is known.',
    canRetry: true,
    remedy:
      'Free space, for example with trim, call resume(), and append again; with details.target free space there, or ' +
      'name a directory on another disk; with details.budgetBytes appends go on without resume().',
  },
  SHALE_NO_RESOURCES: {
    meaning: 'A file could not be opened because file descriptors or memory ran out; nothing was written.',
    canRetry: true,
    remedy:
      'Close files or raise the limit (ulimit -n); after a refused write call resume(), then try again.',
  },
  SHALE_OUTCOME_UNKNOWN: {
    meaning: 'A worker ended before it answered: the append may or may not have been written.',
    canRetry: false,
    remedy:
      'Append again with the same `id`, if it had one, or with `expect` set to the sequence it must get: it is then ' +
      'written exactly once, with `expect` if you are the only one who appends to the table.',
  },
  SHALE_IO: {
    meaning: 'The operating system refused to read or write a file.',
    canRetry: false,
    remedy: 'See the cause and the path; check the disk and the permissions.',
  },
  SHALE_NOT_FOUND: {
    meaning: 'The database, or the name asked for, does not exist.',
    canRetry: false,
    remedy: 'Check the path or name, or open with create: true (and without readOnly).',
  },
  SHALE_READ_ONLY: {
    meaning: 'The WAL was opened with readOnly: true; nothing was done.',
    canRetry: false,
    remedy: 'Open it without readOnly to change it.',
  },
  SHALE_UNSUPPORTED: {
    meaning: 'This platform, file system, librocksdb or version of Shale does not support the operation.',
    canRetry: false,
    remedy: 'The message says what is missing.',
  },
  SHALE_UNAVAILABLE: {
    meaning: 'The cluster that a replica is in cannot be reached, has no leader, or does not answer in time.',
    canRetry: true,
    remedy:
      'See that a majority of its servers runs and can be reached, then try again; what is being shipped waits by itself.',
  },
  SHALE_PAYLOAD: {
    meaning: 'A payload codec could not encode a value or decode an entry; the cause is its error.',
    canRetry: false,
    remedy: 'Read the table with the codec it was written with, or with the bytes codec to see its payloads.',
  },
  SHALE_INTERNAL: {
    meaning: 'Shale violated one of its own invariants.',
    canRetry: false,
    remedy: 'Please report it with the message, the details and the stack.',
  },
};

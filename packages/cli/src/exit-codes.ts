import type { ErrorCode } from '@shale/codec';

/**
 * What the process's exit code says. Listed in docs/cli.md; scripts rely on it. Those up to 6 are of kinds of errors, in which a
 * script would do the same; every other one is of one error.
 */
export const EXIT = {
  ok: 0,
  /** The work was done, but there is something to look at: damage found, lines rejected. */
  findings: 1,
  /** Wrong command line. */
  usage: 2,
  /** The command refuses, because going on could lose or repeat data. */
  refused: 3,
  /** A directory, table, region or input that is not there. */
  notFound: 4,
  /** Another process has the directory open for writing. */
  locked: 5,
  /** The data does not decode, or contradicts itself. */
  corrupt: 6,
  /** The disk of the log is full. */
  noSpace: 7,
  /** The operating system failed a read, a write or a sync. */
  io: 8,
  /** The log was closed under the command. */
  closed: 9,
  /** The disk that something is written to, which is not the log, is full. */
  outputFull: 10,
  /** What is not the log cannot be written. */
  output: 11,
  /** The input cannot be read, or not in the way that was asked for. */
  input: 12,
  unsupported: 13,
  noResources: 14,
  poisoned: 15,
  unavailable: 16,
  tooLarge: 17,
  exhausted: 18,
  crossShard: 19,
  overloaded: 20,
  trimmed: 21,
  ahead: 22,
  hole: 23,
  fenced: 24,
  outcomeUnknown: 25,
  readOnly: 26,
  payload: 27,
  /** An error in Shale itself. */
  internal: 70,
  /** 128 + 13: the reader of our output went away. */
  brokenPipe: 141,
} as const;

/** One of the codes that the command ends with. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** 128 + the signal's number, as shells say it. */
export const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
export type StopSignal = keyof typeof SIGNAL_EXIT;

const BY_CODE: Readonly<Record<ErrorCode, ExitCode>> = {
  SHALE_INVALID_ARGUMENT: EXIT.usage,
  SHALE_SEQUENCE_MISMATCH: EXIT.refused,
  SHALE_NOT_FOUND: EXIT.notFound,
  SHALE_LOCKED: EXIT.locked,
  SHALE_CORRUPT: EXIT.corrupt,
  SHALE_NO_SPACE: EXIT.noSpace,
  SHALE_IO: EXIT.io,
  SHALE_CLOSED: EXIT.closed,
  SHALE_UNSUPPORTED: EXIT.unsupported,
  SHALE_NO_RESOURCES: EXIT.noResources,
  SHALE_POISONED: EXIT.poisoned,
  SHALE_UNAVAILABLE: EXIT.unavailable,
  SHALE_TOO_LARGE: EXIT.tooLarge,
  SHALE_SEQUENCE_EXHAUSTED: EXIT.exhausted,
  SHALE_CROSS_SHARD: EXIT.crossShard,
  SHALE_OVERLOADED: EXIT.overloaded,
  SHALE_TRIMMED: EXIT.trimmed,
  SHALE_AHEAD: EXIT.ahead,
  SHALE_HOLE: EXIT.hole,
  SHALE_FENCED: EXIT.fenced,
  SHALE_OUTCOME_UNKNOWN: EXIT.outcomeUnknown,
  SHALE_READ_ONLY: EXIT.readOnly,
  SHALE_PAYLOAD: EXIT.payload,
  SHALE_INTERNAL: EXIT.internal,
};

/** The exit code for an error of the log. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_CODE[code];
}

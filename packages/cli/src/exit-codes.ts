import type { ErrorCode } from '@shale/codec';

/** What the process's exit code says. Listed in docs/cli.md; scripts rely on it. */
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
  /** The disk is full. */
  noSpace: 7,
  /** The operating system failed a read, a write or a sync. */
  io: 8,
  /** Any other error of the log. */
  log: 9,
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

const BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  SHALE_INVALID_ARGUMENT: EXIT.usage,
  SHALE_NOT_FOUND: EXIT.notFound,
  SHALE_LOCKED: EXIT.locked,
  SHALE_CORRUPT: EXIT.corrupt,
  SHALE_SEQUENCE_MISMATCH: EXIT.refused,
  SHALE_NO_SPACE: EXIT.noSpace,
  SHALE_NO_RESOURCES: EXIT.io,
  SHALE_IO: EXIT.io,
  SHALE_POISONED: EXIT.io,
  SHALE_INTERNAL: EXIT.internal,
};

/** The exit code for an error of the log. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_CODE[code] ?? EXIT.log;
}

import { EXIT, type ExitCode } from './exit-codes.js';

/** The command line's own error codes; the log's are in `@shale/codec`. */
export type CliErrorCode =
  | 'CLI_USAGE'
  | 'CLI_NOT_FOUND'
  | 'CLI_NOT_A_DIRECTORY'
  | 'CLI_NOT_A_LOG'
  | 'CLI_DAMAGED'
  | 'CLI_NOT_EMPTY'
  | 'CLI_LOCKED'
  | 'CLI_INPUT'
  | 'CLI_INPUT_CHANGED'
  | 'CLI_INGEST_UNFINISHED'
  | 'CLI_INGEST_FINISHED'
  | 'CLI_INGEST_DIFFERS'
  | 'CLI_INGEST_DISTURBED'
  | 'CLI_OUTPUT_FULL'
  | 'CLI_OUTPUT'
  | 'CLI_EXPORT_UNFINISHED'
  | 'CLI_EXPORT_DIFFERS'
  | 'CLI_NOT_OPEN'
  | 'CLI_NOT_SHOWN'
  | 'CLI_NOT_INSTALLED'
  | 'CLI_DEMO';

/** The exit code of each. Documented in docs/cli.md, and what to do in docs/troubleshooting.md. */
export const EXIT_BY_CODE: Readonly<Record<CliErrorCode, ExitCode>> = {
  CLI_USAGE: EXIT.usage,
  CLI_NOT_FOUND: EXIT.notFound,
  CLI_NOT_A_DIRECTORY: EXIT.usage,
  CLI_NOT_A_LOG: EXIT.usage,
  CLI_DAMAGED: EXIT.corrupt,
  CLI_NOT_EMPTY: EXIT.refused,
  CLI_LOCKED: EXIT.locked,
  CLI_INPUT: EXIT.input,
  CLI_INPUT_CHANGED: EXIT.refused,
  CLI_INGEST_UNFINISHED: EXIT.refused,
  CLI_INGEST_FINISHED: EXIT.refused,
  CLI_INGEST_DIFFERS: EXIT.refused,
  CLI_INGEST_DISTURBED: EXIT.refused,
  CLI_OUTPUT_FULL: EXIT.outputFull,
  CLI_OUTPUT: EXIT.output,
  CLI_EXPORT_UNFINISHED: EXIT.refused,
  CLI_EXPORT_DIFFERS: EXIT.refused,
  CLI_NOT_OPEN: EXIT.notFound,
  CLI_NOT_SHOWN: EXIT.notFound,
  CLI_NOT_INSTALLED: EXIT.notFound,
  CLI_DEMO: EXIT.findings,
};

/** An error that the command itself raises: one line of message and, where it helps, a line on what to do. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly hint: string | undefined;

  constructor(code: CliErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): ExitCode {
    return EXIT_BY_CODE[this.code];
  }
}

/** Standard output was closed by its reader: the command ends quietly. */
export class ClosedPipeError extends Error {
  constructor() {
    super('standard output was closed');
    this.name = 'ClosedPipeError';
  }
}

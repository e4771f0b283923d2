import { WalError } from '@shale/codec';
import { CliError, ClosedPipeError } from '../cli-error.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { showable } from './showable.js';
import type { Terminal } from './terminal.js';

const HINTS: Partial<Record<WalError['code'], string>> = {
  SHALE_LOCKED:
    'One process writes at a time. read, tables, stats, verify and doctor work beside a running writer, and tail and top where it has the log open with inspect: true; ingest, trim, retain with a change, and backup do not.',
  SHALE_NO_SPACE: 'Free some space, or `shale trim` what is no longer needed, then run the command again.',
  SHALE_NO_RESOURCES: 'Raise the limit of open files (ulimit -n), then run the command again.',
  SHALE_CORRUPT:
    '`shale verify` lists what is damaged; `shale repair` saves what can be read into a new directory.',
  SHALE_POISONED:
    'A sync failed: what was not acknowledged is not known to be durable. Run the command again.',
  SHALE_SEQUENCE_MISMATCH: 'Something else wrote to this table at the same time.',
};

const HINT_OF_TARGET = 'Free some space there, or name another directory, then run the command again.';

/** Says an error on standard error, one line and a hint, and returns the exit code that belongs to it. */
export function reportError(error: unknown, terminal: Terminal, options: { debug: boolean }): number {
  if (error instanceof ClosedPipeError) return EXIT.brokenPipe;
  const { red, dim } = terminal.errColors;
  const { message, code, hint, exitCode } = describe(error);
  terminal.note(`${red('shale:')} ${showable(oneLine(message))}${code ? ` ${dim(`(${code})`)}` : ''}`);
  if (hint) terminal.note(dim(`  ${showable(hint)}`));
  if (options.debug && error instanceof Error) {
    terminal.note(error.stack ?? '');
    if (error.cause instanceof Error) terminal.note(`caused by: ${error.cause.stack ?? error.cause.message}`);
  }
  return exitCode;
}

interface Description {
  message: string;
  code: string | undefined;
  hint: string | undefined;
  exitCode: number;
}

function describe(error: unknown): Description {
  if (error instanceof CliError) {
    return { message: error.message, code: error.code, hint: error.hint, exitCode: error.exitCode };
  }
  if (error instanceof WalError) {
    return {
      message: error.message,
      code: error.code,
      hint: hintOf(error),
      // What is full is the disk of what a backup or repair writes to, not the log's.
      exitCode:
        error.code === 'SHALE_NO_SPACE' && error.details?.target !== undefined
          ? EXIT.outputFull
          : exitCodeOf(error.code),
    };
  }
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    const notFound = error.code === 'ENOENT';
    return {
      message: error.message,
      code: String(error.code),
      hint: undefined,
      exitCode: notFound ? EXIT.notFound : error.code === 'ENOSPC' ? EXIT.noSpace : EXIT.io,
    };
  }
  return {
    message: error instanceof Error ? error.message : String(error),
    code: undefined,
    hint: 'This looks like a fault in Shale itself; --debug shows where.',
    exitCode: EXIT.internal,
  };
}

function hintOf({ code, details }: WalError): string | undefined {
  if (details?.target !== undefined) return HINT_OF_TARGET;
  // Of a replica: its messages say what to do, and the hints are about a log.
  return details?.url === undefined ? HINTS[code] : undefined;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

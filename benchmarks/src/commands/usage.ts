import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A command that was called wrongly: shown as its message alone. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** As `parseArgs` of Node, with a UsageError for what it refuses. */
export function parseCommand<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A number above 0 out of an option that may be missing. */
export function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new UsageError(`--${name} takes a number above 0, not '${text}'`);
  return value;
}

/** A whole number above 0 out of an option that may be missing. */
export function count(name: string, text: string | undefined): number | undefined {
  const value = positive(name, text);
  if (value !== undefined && !Number.isInteger(value))
    throw new UsageError(`--${name} takes a whole number, not '${text}'`);
  return value;
}

/** A regular expression out of an option that may be missing. */
export function pattern(name: string, text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { CliError } from '../cli-error.js';

/** Files of rejected lines, which are no input unless one is named. */
const REJECTS = /\.rejects(?:\.\d{1,9})?\.ndjson$/;

/**
 * The inputs that arguments name, each once, in the order of the arguments; those of a directory or a pattern sorted by
 * their paths, without hidden files, without what is in the log's own `directory`, and without files of rejected lines.
 * Fails for a pattern that nothing fits; whether what is named is there is for others to say.
 */
export async function expandInputs(given: readonly string[], directory: string): Promise<string[]> {
  const inputs = await findInputs(given, directory);
  if (inputs.length > 0) return inputs;
  throw new CliError('CLI_NOT_FOUND', `there is no input in ${given.join(' ')}`);
}

/** The same, where nothing has to be there yet. */
export async function findInputs(
  given: readonly string[],
  directory: string,
  mayBeMissing: boolean = false,
): Promise<string[]> {
  const inputs = new Map<string, string>();
  const log = await realpath(directory).catch(() => resolve(directory));
  for (const argument of given) {
    const { paths, isNamed } = await pathsOf(argument, mayBeMissing);
    for (const path of paths) {
      const real = path === '-' ? path : await realpath(path).catch(() => resolve(path));
      const isOurs = real.startsWith(log + sep) || REJECTS.test(real);
      if (!inputs.has(real) && (isNamed || !isOurs)) inputs.set(real, path);
    }
  }
  return [...inputs.values()];
}

async function pathsOf(
  argument: string,
  mayBeMissing: boolean,
): Promise<{ readonly paths: readonly string[]; readonly isNamed: boolean }> {
  if (argument === '-') return { paths: [argument], isNamed: true };
  // A file may be called like a pattern.
  const info = await stat(argument).catch(() => undefined);
  if (info?.isDirectory()) return { paths: await files('**/*', argument), isNamed: false };
  if (info || !isDynamicPattern(argument, { caseSensitiveMatch: true }))
    return { paths: [argument], isNamed: true };
  const paths = await files(argument);
  if (paths.length > 0 || mayBeMissing) return { paths, isNamed: false };
  throw new CliError('CLI_NOT_FOUND', `there is no input file that fits ${argument}`);
}

async function files(pattern: string, cwd?: string): Promise<string[]> {
  const found = await glob(pattern, {
    ...(cwd === undefined ? {} : { cwd }),
    absolute: cwd !== undefined,
    expandDirectories: false,
    onlyFiles: true,
    dot: false,
  });
  return found.sort();
}

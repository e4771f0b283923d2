import { readdir } from 'node:fs/promises';
import { CliError } from '../cli-error.js';

/** Throws unless a path is an empty directory, or nothing yet. */
export async function requireNewDirectory(path: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ENOENT') return;
    if (error.code === 'ENOTDIR')
      throw new CliError('CLI_NOT_A_DIRECTORY', `${path} is a file, not a directory`);
    throw error;
  }
  // A new volume may have it at its top.
  if (names.every((name) => name === 'lost+found')) return;
  throw new CliError('CLI_NOT_EMPTY', `${path} has files in it, and nothing is written over`, {
    hint: 'Name a new or empty directory.',
  });
}

import { pathWord, shellCommand } from '../output/shell-word.js';

/** The command that saves what can be read of a log into a new directory beside it. */
export function repairCommand(directory: string): string {
  const name = pathWord(directory).replace(/(?<=[^/])\/+$/, '');
  return shellCommand(['shale', 'repair', name, '--to', `${name}.repaired`]);
}

/** The command that says what is wrong with a log. */
export function verifyCommand(directory: string): string {
  return shellCommand(['shale', 'verify', pathWord(directory)]);
}

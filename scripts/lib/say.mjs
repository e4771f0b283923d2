/**
 * Everything that the scripts themselves say goes to stderr: stdout belongs to the command that `npm start` runs.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`shale: ${line}\n`);
}

/** A failure that the user can act on: shown as its message alone, without a stack. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/**
 * Shows why a script stopped, and sets the exit code.
 *
 * @param {any} error
 */
export function fail(error) {
  if (error instanceof SetupError) say(error.message);
  else if (error?.code === 'EACCES') say(`${error.message}\nDoes this checkout belong to another user?`);
  else console.error(error);
  process.exitCode = 1;
}

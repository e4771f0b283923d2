import { spawn } from 'node:child_process';
import { root } from './paths.mjs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Starts a command in the repository's root. While it runs, a signal that ends this process ends it too: an
 * interrupted set-up leaves no compiler behind.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 * @param {string} [cwd] another directory than the root
 */
export function start(file, args, stdio, cwd = root) {
  const child = spawn(file, args, { cwd, stdio });
  if (running.size === 0) process.on('SIGINT', stop).on('SIGTERM', stop);
  running.add(child);
  return child;
}

/**
 * Resolves to the exit code, to the name of the signal that ended the command, or to why it could not be started.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number | string>}
 */
export async function ended(child) {
  const outcome = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  running.delete(child);
  if (running.size === 0) process.off('SIGINT', stop).off('SIGTERM', stop);
  return outcome;
}

/** @param {NodeJS.Signals} signal */
function stop(signal) {
  for (const child of running) child.kill(signal);
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

import { spawn } from 'node:child_process';
import { root } from './paths.mjs';
import { SetupError, say } from './say.mjs';

/** A step that takes longer than this says what it is; a shorter one has nothing to explain. */
const SILENCE_MS = 700;

/**
 * Runs one step of the set-up. Its output goes to stderr, and it never sees stdin.
 *
 * @param {string} label what the step does, as a gerund: "compiling TypeScript"
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, hint?: string, loud?: boolean }} [options] `hint`: what to do when it fails;
 *   `loud`: say the label at once, for steps that are known to be long
 * @returns {Promise<void>}
 */
export async function run(label, command, args, options = {}) {
  const announce = setTimeout(() => say(`${label} ...`), options.loud ? 0 : SILENCE_MS);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 2, 2],
  });
  // A signal meant for the set-up must not leave a compiler running behind it.
  const forward = (/** @type {NodeJS.Signals} */ signal) => {
    child.kill(signal);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', forward);
  process.once('SIGTERM', forward);
  try {
    const outcome = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? code));
    }).catch((/** @type {Error} */ error) => error.message);
    if (outcome !== 0) {
      const how = typeof outcome === 'number' ? `exit code ${outcome}` : outcome;
      const hint = options.hint === undefined ? '' : `\n${options.hint}`;
      throw new SetupError(`${label} failed (${how}): ${[command, ...args].join(' ')}${hint}`);
    }
  } finally {
    clearTimeout(announce);
    process.off('SIGINT', forward);
    process.off('SIGTERM', forward);
  }
}

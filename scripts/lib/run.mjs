import { ended, start } from './child.mjs';
import { SetupError, say } from './say.mjs';

/** A step that takes longer than this says what it is; a shorter one has nothing to explain. */
const SILENCE_MS = 700;

/**
 * Runs one step of the set-up. Its output goes to stderr, and it never sees stdin.
 *
 * @param {string} label what the step does, as a gerund: "compiling TypeScript"
 * @param {string} command
 * @param {string[]} args
 * @param {{ hint?: string, loud?: boolean, quiet?: boolean, cwd?: string }} [options] `hint`: what to do when it fails;
 *   `loud`: say the label at once, for steps that are known to be long; `quiet`: show the output only on failure;
 *   `cwd`: another directory than the root
 * @returns {Promise<void>}
 */
export async function run(label, command, args, options = {}) {
  const announce = setTimeout(() => say(`${label} ...`), options.loud ? 0 : SILENCE_MS);
  const child = start(
    command,
    args,
    options.quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    options.cwd,
  );
  /** @type {Buffer[]} */
  const output = [];
  child.stdout?.on('data', (chunk) => output.push(chunk));
  child.stderr?.on('data', (chunk) => output.push(chunk));
  const outcome = await ended(child);
  clearTimeout(announce);
  if (outcome === 0) return;

  process.stderr.write(Buffer.concat(output));
  const how = typeof outcome === 'number' ? `exit code ${outcome}` : outcome;
  const hint = options.hint === undefined ? '' : `\n${options.hint}`;
  throw new SetupError(`${label} failed (${how}): ${[command, ...args].join(' ')}${hint}`);
}

// `npm start [-- args]`: sets up, then is the shale command. It runs in this very process, so that its stdin, stdout,
// signals and exit code are npm's own.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/paths.mjs';
import { fail } from './lib/say.mjs';
import { setup } from './setup.mjs';

const command = join(root, 'packages', 'cli', 'bin', 'shale.js');

/** npm passes a Ctrl-C on to a process that has already had it from the terminal: the second of a pair is dropped. */
const ECHO_MS = 250;

function dropEchoedSignals() {
  const emit = process.emit;
  /** @type {Map<string, number>} when each signal last came */
  const last = new Map([
    ['SIGINT', Number.NEGATIVE_INFINITY],
    ['SIGTERM', Number.NEGATIVE_INFINITY],
  ]);
  process.emit = /** @type {typeof process.emit} */ (
    (/** @type {[any]} */ ...args) => {
      const before = last.get(args[0]);
      if (before !== undefined) {
        const now = performance.now();
        last.set(args[0], now);
        if (now - before < ECHO_MS) return true;
      }
      return Reflect.apply(emit, process, args);
    }
  );
}

try {
  await setup();
} catch (error) {
  fail(error);
  process.exit();
}
const args = process.argv.slice(2);
process.argv = [process.execPath, command, ...(args.length > 0 ? args : ['demo'])];
// npm runs scripts in the root; paths among the arguments are meant from where the user is.
const { INIT_CWD, npm_lifecycle_event } = process.env;
if (npm_lifecycle_event === 'start' && INIT_CWD !== undefined) process.chdir(INIT_CWD);
dropEchoedSignals();
await import(pathToFileURL(command).href);

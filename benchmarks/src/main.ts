// `npm run bench [-- command]`: see benchmarks/README.md.
import { barsCommand } from './commands/bars.js';
import { compareCommand } from './commands/compare.js';
import { readmeCommand } from './commands/readme.js';
import { reportCommand } from './commands/report.js';
import { suiteCommand } from './commands/suite.js';
import { UsageError } from './commands/usage.js';

/** By name; each takes what follows its name, and resolves to the exit code. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  quick: (args) => suiteCommand('quick', args),
  core: (args) => suiteCommand('core', args),
  full: (args) => suiteCommand('full', args),
  bars: barsCommand,
  compare: compareCommand,
  report: reportCommand,
  readme: readmeCommand,
};

const [first = 'core', ...rest] = process.argv.slice(2);
const args = first.startsWith('-') ? [first, ...rest] : rest;
const command = COMMANDS[first.startsWith('-') ? 'core' : first];
try {
  if (command === undefined) {
    throw new UsageError(`there is no '${first}': there are ${Object.keys(COMMANDS).join(', ')}`);
  }
  process.exitCode = await command(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}

// `npm run bench [-- command]`: see benchmarks/README.md.
import { type CommandName, helpOf } from './commands/help.js';
import { UsageError } from './commands/usage.js';

type Command = (args: readonly string[]) => Promise<number>;

/** A suite by its name. */
async function suite(name: 'quick' | 'core' | 'full'): Promise<Command> {
  const { suiteCommand } = await import('./commands/suite.js');
  return (args) => suiteCommand(name, args);
}

/** By name; each is loaded when it is called, for what draws takes a while. A command resolves to the exit code. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  quick: () => suite('quick'),
  core: () => suite('core'),
  full: () => suite('full'),
  bars: async () => (await import('./commands/bars.js')).barsCommand,
  compare: async () => (await import('./commands/compare.js')).compareCommand,
  dashboard: async () => (await import('./commands/dashboard.js')).dashboardCommand,
  delivery: async () => (await import('./commands/delivery.js')).deliveryCommand,
  guard: async () => (await import('./commands/guard.js')).guardCommand,
  readme: async () => (await import('./commands/readme.js')).readmeCommand,
  sustained: async () => (await import('./commands/sustained.js')).sustainedCommand,
  report: async () => (await import('./commands/report.js')).reportCommand,
};

const [first = 'core', ...rest] = process.argv.slice(2);
const isOption = first.startsWith('-');
const name = isOption ? 'core' : first;
const args = isOption ? [first, ...rest] : rest;
try {
  if (!isCommand(name)) {
    throw new UsageError(`there is no '${name}': there are ${Object.keys(COMMANDS).join(', ')}`);
  }
  if (args.includes('--help') || args.includes('-h')) console.log(helpOf(isOption ? null : name));
  else process.exitCode = await (await COMMANDS[name]())(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

import { Worker } from 'node:worker_threads';

/** The options of Node that a thread of Shale starts with, in the form that `Worker` takes. */
export interface ThreadOptions {
  readonly execArgv: string[];
  readonly env: Record<string, string>;
}

/** Run a module of the application in every thread, before that thread's own code. */
const PRELOADS: ReadonlySet<string> = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  // May name modules to preload, and all else that it may say holds for the whole process.
  '--experimental-config-file',
  '--experimental-default-config-file',
]);

/** Say what the main thread runs. */
const PROGRAMS: ReadonlySet<string> = new Set([
  '-e',
  '--eval',
  '-p',
  '-pe',
  '--print',
  '-c',
  '--check',
  '-i',
  '--interactive',
  '--input-type',
  '--test',
  '--watch',
  '--watch-path',
]);

/** Yarn's Plug'n'Play: without it a thread does not find its own files. */
const PLUG_AND_PLAY = /(?:^|[\\/])\.pnp\.c?js$/;

/** No option of any Node: with it, a `Worker` is refused before there is a thread. */
const UNKNOWN = '--shale-asks-what-is-refused';

/**
 * The options of this process, without what belongs to the application alone: its preloads (telemetry, loaders,
 * hooks) do not run in Shale's threads, where they might listen on a port a second time, throw or exit. Everything
 * else that a thread can take is kept (source maps, permissions, profiles, warnings), and so is the environment with
 * NODE_V8_COVERAGE. What V8 was told, such as `--max-old-space-size`, holds for all threads of a process anyway.
 */
export function threadOptions(): ThreadOptions {
  const { NODE_OPTIONS = '', ...rest } = process.env;
  // Later options win, and those of the command line are later.
  const given = [...splitNodeOptions(NODE_OPTIONS), ...process.execArgv];
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) env[name] = value;
  return { execArgv: forThread(given).filter(isTaken).flat(), env };
}

/** The options among `args`, each with its value, that are for threads, too. */
export function forThread(args: readonly string[]): string[][] {
  const options: string[][] = [];
  for (const arg of args) {
    const last = options.at(-1);
    // The value of an option cannot begin with a dash.
    if (arg.startsWith('-') || last === undefined) options.push([arg]);
    else last.push(arg);
  }
  return options.filter(([option = '', value]) => {
    const [name = '', assigned] = splitOption(option);
    if (PROGRAMS.has(name)) return false;
    if (!PRELOADS.has(name)) return true;
    const isRequire = name === '-r' || name === '--require';
    return isRequire && PLUG_AND_PLAY.test(assigned ?? value ?? '');
  });
}

/** Splits the text of NODE_OPTIONS as Node does. */
export function splitNodeOptions(text: string): string[] {
  const args: string[] = [];
  let current: string | null = null;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    let char = text.charAt(i);
    if (char === '"') {
      isQuoted = !isQuoted;
      continue;
    }
    if (char === ' ' && !isQuoted) {
      if (current !== null) args.push(current);
      current = null;
      continue;
    }
    if (char === '\\' && isQuoted) char = text.charAt(++i);
    current = (current ?? '') + char;
  }
  if (current !== null) args.push(current);
  return args;
}

/** Its name, spelled as Node documents it, and what is behind the equals sign. */
function splitOption(option: string): [name: string, value: string | undefined] {
  const at = option.indexOf('=');
  const name = at < 0 ? option : option.slice(0, at);
  return [name.replaceAll('_', '-'), at < 0 ? undefined : option.slice(at + 1)];
}

/** Whether a thread can be given an option: those of V8 and of the process as a whole are refused, by name. */
function isTaken(option: readonly string[]): boolean {
  try {
    new Worker('', { eval: true, execArgv: [...option, UNKNOWN] });
  } catch (error) {
    return error instanceof Error && error.message.endsWith(`: ${UNKNOWN}`);
  }
  return false;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { HANG_MS } from '../../../../test/support/patience.js';

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArguments?: readonly string[];
  /** A child that runs longer hangs: it is killed, which its outcome shows. In milliseconds. */
  readonly timeout?: number;
}

const fixtures = new URL('../fixtures/', import.meta.url);

export function startChild(
  fixture: string,
  args: readonly string[],
  options: ChildOptions = {},
): ChildProcess {
  const script = fileURLToPath(new URL(fixture, fixtures));
  return spawn(process.execPath, [...(options.nodeArguments ?? []), script, ...args], {
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeout ?? HANG_MS,
    killSignal: 'SIGKILL',
  });
}

/** Runs a fixture in a process of its own, to its end. */
export async function runChild(
  fixture: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<Outcome> {
  const child = startChild(fixture, args, options);
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const [status, signal] = await once(child, 'close');
  return { status, signal, output };
}

/** Waits for a line that the child prints. */
export async function waitForLine(child: ChildProcess, line: string): Promise<void> {
  let output = '';
  for await (const chunk of child.stdout ?? []) {
    output += chunk;
    if (output.includes(`${line}\n`)) return;
  }
  throw new Error(`The child ended without "${line}": ${output}`);
}

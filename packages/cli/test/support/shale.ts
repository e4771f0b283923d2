import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HANG_MS } from '../../../../test/support/patience.js';
import { temporaryOfFile } from '../../../../test/support/temporary.js';

/** The command as it is linked. */
export const COMMAND: string = fileURLToPath(new URL('../../bin/shale.js', import.meta.url));

/** How a run of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** What standard input gives, and its end. Without it standard input is empty. */
  readonly input?: string | Uint8Array;
  readonly env?: Record<string, string>;
  /** The program, if it is another one than the one that is linked. */
  readonly command?: string;
}

/** A run under way. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], options: RunOptions & { readonly keepInputOpen?: boolean }) {
    // What the test runner is told about colours is not for the command.
    const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
    const env = { ...inherited, ...options.env };
    this.child = spawn(process.execPath, [options.command ?? COMMAND, ...args], {
      cwd: options.cwd,
      env,
      stdio: 'pipe',
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.stdin?.on('error', () => {});
    if (!options.keepInputOpen) this.child.stdin?.end(options.input ?? '');
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (code, signal) =>
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }),
      );
    });
  }
}

/** Starts the command; its input stays open for the test to write to. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  return new Running(args, { ...options, keepInputOpen: true });
}

/** Runs the command to its end. */
export async function shale(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return new Running(args, options).ended;
}

/** Runs the command, which must succeed; returns its standard output. */
export async function ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await shale(args, options);
  if (code !== 0) throw new Error(`shale ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** The entries of a table as lines. */
export async function linesOf(directory: string, table: string): Promise<string[]> {
  const text = await ok(['read', directory, table, '--raw']);
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** A directory for one test file, removed at its end. */
export function scratch(): string {
  return temporaryOfFile('cli');
}

/** Resolves once `condition` holds; fails when it has hung. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + HANG_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

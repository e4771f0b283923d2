import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 30_000;
const RETRY_MS = 20;

/** How a server is started. */
export interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
}

/** A server on this machine that a store is. */
export class Server {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #said = '';

  constructor({ command, args }: ServerOptions) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = once(this.#child, 'exit');
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-2000);
      });
    }
    // No server is left behind by a process that ends.
    process.once('exit', () => this.#child.kill('SIGKILL'));
  }

  /** What a call returns as soon as it succeeds. */
  async ready<T>(call: () => Promise<T>): Promise<T> {
    for (const end = performance.now() + READY_MS; ; ) {
      try {
        return await call();
      } catch (error) {
        const { exitCode, spawnfile } = this.#child;
        if (exitCode !== null || performance.now() > end) {
          throw new Error(`${spawnfile} does not answer: ${this.#said.trim()}`, { cause: error });
        }
        await sleep(RETRY_MS);
      }
    }
  }

  /** Asks it to end, and waits for that. */
  async stop(): Promise<void> {
    this.#child.kill();
    await this.#exited;
  }
}

/** What a program says of its version; throws when it is not installed, and names the package of Debian that has it. */
export function programVersion(command: string, debian: string): string {
  const { error, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (error !== undefined)
    throw new Error(`it is not installed: apt-get install ${debian}`, { cause: error });
  return /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'unknown';
}

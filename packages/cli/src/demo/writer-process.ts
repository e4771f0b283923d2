import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.js';
import { COMMAND_FILE } from '../package-files.js';
import { Ledger } from './ledger.js';
import { isWriterReport } from './messages.js';

/** The process that writes: the command again, with a hidden subcommand. */
export class WriterProcess {
  readonly ledger: Ledger = new Ledger();
  readonly #child: ChildProcess;
  readonly #wrote: Promise<void>;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(directory: string) {
    let wrote = (): void => {};
    this.#wrote = new Promise((resolve) => {
      wrote = resolve;
    });
    this.#child = fork(COMMAND_FILE, ['demo-writer', directory], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => {
      if (!isWriterReport(message)) return;
      this.ledger.take(message);
      if (message.entries > 0) wrote();
    });
    this.#exited = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      // 'close' comes after the last message has been taken; 'exit' may come before.
      this.#child.on('close', (code, signal) => resolve({ code, signal }));
    });
    this.#exited.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when the first entries have been acknowledged. Rejects if the writer ends by itself before. */
  async wrote(): Promise<void> {
    await this.#orEnd(this.#wrote);
  }

  /** Rejects if the writer ends by itself within `ms`; it is meant to run until it is killed. */
  async runFor(ms: number): Promise<void> {
    const timer = new AbortController();
    try {
      await this.#orEnd(sleep(ms, undefined, { signal: timer.signal }));
    } finally {
      timer.abort();
    }
  }

  async #orEnd(event: Promise<void>): Promise<void> {
    const end = await Promise.race([event, this.#exited]);
    if (end)
      throw new CliError('CLI_DEMO', `the writer ended by itself (${end.signal ?? `exit code ${end.code}`})`);
  }

  /** SIGKILL: no chance to finish anything. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CliError } from '../cli-error.js';
import { Ledger } from './ledger.js';
import { isWriterReport } from './messages.js';

const COMMAND = fileURLToPath(new URL('../../bin/shale.js', import.meta.url));

/** The process that writes: this very command again, with a hidden subcommand. */
export class WriterProcess {
  readonly ledger: Ledger = new Ledger();
  readonly #child: ChildProcess;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(directory: string) {
    this.#child = fork(COMMAND, ['demo-writer', directory], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => {
      if (isWriterReport(message)) this.ledger.take(message);
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

  /** Rejects if the writer ends by itself within `ms`; it is meant to run until it is killed. */
  async runFor(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const time = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ms);
    });
    const end = await Promise.race([time, this.#exited]);
    clearTimeout(timer);
    if (end)
      throw new CliError('CLI_DEMO', `the writer ended by itself (${end.signal ?? `exit code ${end.code}`})`);
  }

  /** SIGKILL: no chance to finish anything. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

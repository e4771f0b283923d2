import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorkloadCommand, WorkloadEvent, WorkloadStats } from './messages.js';
import type { WorkloadOptions } from './options.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const FAULTS = new URL('./thread-faults.js', import.meta.url).href;

/** How a workload process is started, besides what it does. */
export interface StartOptions {
  /** Variables of its environment, added to those of this process: LD_PRELOAD, for example. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node, such as `--max-old-space-size=64`. */
  readonly execArgv?: readonly string[];
}

/** How a process ended. */
export interface ProcessEnd {
  /** Its exit code; null when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, or null. */
  readonly signal: NodeJS.Signals | null;
  /** What it said went wrong, or null. */
  readonly failure: string | null;
  /** What it wrote to standard error. */
  readonly stderr: string;
}

/** A workload in a process of its own. */
export class WorkloadProcess {
  /** Resolves when it is about to open the database, with its process id at hand. */
  readonly opening: Promise<void>;
  /** Resolves when it has opened the database; rejects when it ends before that. */
  readonly opened: Promise<void>;
  /** Resolves when it begins to close; rejects when it ends before that. */
  readonly stopping: Promise<void>;
  /** Resolves when the process is gone, however that came. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  #failure: string | null = null;
  #stderr = '';

  /** Starts the process. */
  constructor(options: WorkloadOptions, start: StartOptions = {}) {
    const child = fork(MAIN, [JSON.stringify(options)], {
      execArgv: ['--import', FAULTS, ...(start.execArgv ?? [])],
      env: { ...process.env, ...start.env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    child.on('message', (event: WorkloadEvent) => {
      if (event.is === 'failed') this.#failure = event.message;
    });
    // A message to a process that is just ending is not worth an error.
    child.on('error', () => {});
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal, failure: this.#failure, stderr: this.#stderr });
      });
    });
    this.opening = this.#until('opening');
    this.opened = this.#until('opened');
    this.stopping = this.#until('stopping');
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Whether it is still there. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends it a signal. False when it is gone. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#child.kill(signal);
  }

  /** Ends it as `kill -9` does, and waits until it is gone. */
  async kill(): Promise<ProcessEnd> {
    this.signal('SIGKILL');
    return await this.ended;
  }

  /** Lets it finish what is under way and close. */
  stop(): void {
    this.#send({ do: 'stop' });
  }

  /** Tells it to do something to itself. */
  command(command: WorkloadCommand): void {
    this.#send(command);
  }

  /**
   * Resolves when the next of its threads says that it is about to break; rejects when the process ends before that.
   */
  broken(): Promise<void> {
    return this.#until('broken');
  }

  /** Asks for its numbers; null when it ends before it answers. */
  async stats(): Promise<WorkloadStats | null> {
    const child = this.#child;
    if (!this.isAlive) return null;
    return await new Promise((resolve) => {
      const done = (stats: WorkloadStats | null): void => {
        child.off('message', hear);
        child.off('close', gone);
        resolve(stats);
      };
      const hear = (event: WorkloadEvent): void => {
        if (event.is === 'stats') done(event.stats);
      };
      const gone = (): void => done(null);
      child.on('message', hear);
      child.once('close', gone);
      this.#send({ do: 'stats' });
    });
  }

  #send(command: WorkloadCommand): void {
    if (this.#child.connected) this.#child.send(command, () => {});
  }

  #until(name: WorkloadEvent['is']): Promise<void> {
    const reached = new Promise<void>((resolve, reject) => {
      this.#child.on('message', (event: WorkloadEvent) => {
        if (event.is === name) resolve();
      });
      void this.ended.then(({ code, signal, failure, stderr }) => {
        const how = signal ?? `exit code ${code}`;
        reject(new Error(`the workload ended (${how}) before it was ${name}: ${failure ?? stderr}`));
      });
    });
    // A caller that does not wait for it ignores its failure.
    reached.catch(() => {});
    return reached;
  }
}

// Processes that use a WAL which the test has opened.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { InThread } from './clients.js';

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
}

/** A process that has connected. */
export class ProcessClient {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  readonly #asked = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  #last = 0;

  /** @param join the options of one that joins the log in a directory; it connects to a socket without */
  constructor(path: string, join: Readonly<Record<string, unknown>> | null = null) {
    const program = fileURLToPath(new URL('./fixtures/process-client.mjs', import.meta.url));
    const args = join === null ? [path] : [path, JSON.stringify(join)];
    // What structured clone takes, bigints above all, goes over the channel as it is.
    this.child = fork(program, args, { serialization: 'advanced' });
    this.child.on('message', (message) => {
      const { id, value, error } = message as Reply;
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error === undefined) asked?.resolve(value);
      else asked?.reject(Object.assign(new Error(error.message), { code: error.code }));
    });
    this.gone = new Promise((resolve) => {
      this.child.once('exit', () => {
        for (const { reject } of this.#asked.values()) reject(new Error('the process ended'));
        this.#asked.clear();
        resolve();
      });
    });
  }

  /** One that is connected, and is killed with the test. */
  static async of(socket: string): Promise<ProcessClient> {
    const client = new ProcessClient(socket);
    onTestFinished(async () => await client.kill());
    await new Promise<unknown>((resolve, reject) => client.#asked.set(0, { resolve, reject }));
    return client;
  }

  /** One that has joined the log in a directory, and is killed with the test. */
  static async joined(path: string, options: Readonly<Record<string, unknown>> = {}): Promise<ProcessClient> {
    const client = new ProcessClient(path, { shards: 2, ...options });
    onTestFinished(async () => await client.kill());
    await new Promise<unknown>((resolve, reject) => client.#asked.set(0, { resolve, reject }));
    return client;
  }

  /** Runs a function in the process. It must not use anything but its arguments. */
  run<R, A extends readonly unknown[]>(
    call: (of: InThread, ...args: A) => R,
    ...args: A
  ): Promise<Awaited<R>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#asked.set(id, { resolve: (value) => resolve(value as Awaited<R>), reject });
      this.child.send({ id, code: String(call), args });
    });
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.gone;
  }
}

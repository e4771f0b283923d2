// Threads that use a WAL which the test has opened.
import { Worker } from 'node:worker_threads';
import type { Wal } from '@shale/engine';

/** What a function that runs in the thread gets first. */
export interface InThread {
  readonly wal: Wal;
  readonly threadId: number;
  /** Stays between calls. */
  readonly kept: Record<string, unknown>;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
}

/** A thread that has connected. */
export class Client {
  readonly worker: Worker;
  readonly gone: Promise<void>;
  readonly #asked = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  #last = 0;

  constructor(wal: Wal) {
    const { handle, transfer } = wal.share();
    this.worker = new Worker(new URL('./fixtures/client.mjs', import.meta.url), {
      workerData: { handle },
      transferList: [...transfer],
    });
    this.worker.on('message', ({ id, value, error }: Reply) => {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      if (error === undefined) asked?.resolve(value);
      else asked?.reject(Object.assign(new Error(error.message), { code: error.code }));
    });
    this.gone = new Promise((resolve) => {
      this.worker.once('exit', () => {
        for (const { reject } of this.#asked.values()) reject(new Error('the thread ended'));
        this.#asked.clear();
        resolve();
      });
    });
    this.worker.on('error', () => undefined);
  }

  /** One that is connected. */
  static async of(wal: Wal): Promise<Client> {
    const client = new Client(wal);
    await new Promise<unknown>((resolve, reject) => client.#asked.set(0, { resolve, reject }));
    return client;
  }

  /** Runs a function in the thread. It must not use anything but its arguments. */
  run<R, A extends readonly unknown[]>(
    call: (of: InThread, ...args: A) => R,
    ...args: A
  ): Promise<Awaited<R>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#asked.set(id, { resolve: (value) => resolve(value as Awaited<R>), reject });
      this.worker.postMessage({ id, code: String(call), args });
    });
  }

  /** Ends the thread, whatever it is doing. */
  async end(): Promise<void> {
    await this.worker.terminate();
    await this.gone;
  }
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BUSY_PROCESS = fileURLToPath(new URL('./busy-process.js', import.meta.url));

/** A process that is busy with Shale, and serves its metrics on loopback. */
export class BusyProcess implements AsyncDisposable {
  readonly port: number;
  /** Rejects when the process ends by itself. */
  readonly failed: Promise<never>;
  readonly #end: () => Promise<void>;

  private constructor(port: number, failed: Promise<never>, end: () => Promise<void>) {
    this.port = port;
    this.failed = failed;
    this.#end = end;
  }

  /** Starts it with its logs in a directory. */
  static async start(directory: string): Promise<BusyProcess> {
    const child = fork(BUSY_PROCESS, [directory], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const exited = once(child, 'exit');
    const failed = exited.then(([code, signal]) => {
      throw new Error(`the busy process has ended by itself: ${code ?? signal}`);
    });
    // It is looked at later, and by then perhaps by nobody.
    failed.catch(() => undefined);
    const [address]: { readonly port: number }[] = await Promise.race([once(child, 'message'), failed]);
    if (address === undefined) throw new Error('the busy process has not said its port');
    return new BusyProcess(address.port, failed, async () => {
      if (child.connected) child.disconnect();
      await exited;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

/** Node's channel that tells of each socket that connects. */
const CHANNEL = 'net.client.socket';

const current = new AsyncLocalStorage<Sockets>();
let isHeard = false;

/**
 * The sockets of one connection. The client leaves one open on which a server has accepted and then says nothing, as one that
 * is held: it would keep the process running, and each new attempt would add another.
 */
export class Sockets {
  #last: Socket | null = null;

  /** Runs what connects, then and whenever it connects again. */
  run<T>(connect: () => Promise<T>): Promise<T> {
    if (!isHeard) subscribe(CHANNEL, hear);
    isHeard = true;
    return current.run(this, connect);
  }

  /** There is one at a time: the one before is given up. */
  take(socket: Socket): void {
    this.end();
    this.#last = socket;
  }

  /** Closes what is open. */
  end(): void {
    this.#last?.destroy();
    this.#last = null;
  }
}

function hear(message: unknown): void {
  const socket: unknown =
    typeof message === 'object' && message !== null ? Reflect.get(message, 'socket') : null;
  if (socket instanceof Socket) current.getStore()?.take(socket);
}

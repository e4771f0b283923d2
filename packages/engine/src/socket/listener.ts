import type { Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { WalError } from '@shale/codec';
import { reasonOf, toWalError } from '@shale/storage';
import { Gateway, type GatewayContext } from './gateway.js';
import { Place } from './place.js';
import { knock } from './reach.js';
import { UnixServer } from './unix-server.js';

/** Processes that may use the WAL at a time. */
const MOST_PROCESSES = 256;
/** With those that have not said yet what they are, or are being told that they are too many. */
const MOST_CONNECTIONS = MOST_PROCESSES + 32;
/** How long one has to say what it is. Milliseconds. */
const PATIENCE_MS = 10_000;

/** The last one that was begun. */
let opening: Promise<unknown> = Promise.resolve();

/** Lets other processes of the same user use a WAL, by a socket. */
export class Listener {
  readonly #server: UnixServer;
  readonly #context: GatewayContext;
  readonly #patienceMs: number;
  readonly #gateways = new Set<Gateway>();

  private constructor(place: Place, name: string, context: GatewayContext, patienceMs: number) {
    this.#context = { ...context, admit: () => this.#admit(context) };
    this.#patienceMs = patienceMs;
    this.#server = new UnixServer(place, name, (socket) => this.#welcome(socket));
  }

  /**
   * Makes the socket. One that a process has left which was killed is replaced. Rejects with SHALE_LOCKED when somebody
   * listens there, SHALE_NOT_FOUND without the directory, SHALE_IO, SHALE_UNSUPPORTED.
   */
  static async open(
    path: string,
    context: GatewayContext,
    patienceMs: number = PATIENCE_MS,
  ): Promise<Listener> {
    // One after the other: what one has begun, the next would take for left over.
    const opened = opening.then(async () => await Listener.#make(path, context, patienceMs));
    opening = opened.catch(() => undefined);
    return await opened;
  }

  static async #make(path: string, context: GatewayContext, patienceMs: number): Promise<Listener> {
    let place: Place | undefined;
    try {
      place = new Place(dirname(path));
      const listener = new Listener(place, basename(path), context, patienceMs);
      await listener.#server.open(async (at) => await requireNobody(path, at));
      return listener;
    } catch (cause) {
      place?.[Symbol.dispose]();
      if (cause instanceof WalError && cause.code === 'SHALE_LOCKED') throw cause;
      const { code: usual, details } = toWalError(cause, { path });
      const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
      const code = isMissing ? 'SHALE_NOT_FOUND' : usual;
      const message = `no process can use the WAL by ${path}, where there is no socket: ${reasonOf(cause)}`;
      throw new WalError(code, message, { path, cause, details });
    }
  }

  /** Takes the socket away. Who has said what it is stays, for the closing. */
  end(): void {
    this.#server.end();
    for (const gateway of this.#gateways) if (!gateway.isIn) gateway.end();
  }

  #admit({ log, admit }: GatewayContext): MessagePort {
    let processes = 0;
    for (const { isIn } of this.#gateways) if (isIn) processes++;
    if (processes < MOST_PROCESSES) return admit();
    throw new WalError(
      'SHALE_OVERLOADED',
      `${processes} processes use the WAL already, which is the most at a time: connect when one has closed it`,
      { path: log.path },
    );
  }

  #welcome(socket: Socket): void {
    if (this.#gateways.size >= MOST_CONNECTIONS) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const gateway = new Gateway(socket, this.#context, this.#patienceMs);
    this.#gateways.add(gateway);
    void gateway.gone.then(() => this.#gateways.delete(gateway));
  }
}

async function requireNobody(path: string, at: string): Promise<void> {
  if (!(await knock(at))) return;
  throw new WalError(
    'SHALE_LOCKED',
    `another process, or this one, listens at ${path} already: choose another path`,
    {
      path,
    },
  );
}

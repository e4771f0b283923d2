import type { Socket } from 'node:net';
import { WalError } from '@shale/codec';
import { reasonOf, toWalError } from '@shale/storage';
import { Place } from '../socket/place.js';
import { UnixServer } from '../socket/unix-server.js';
import { VERSION } from '../version.js';
import type { Wal } from '../wal.js';
import { Answers } from './answers.js';
import { Connection } from './connection.js';
import { socketName } from './socket-name.js';
import { toLine } from './wire.js';

/** Those who may look in at a time. */
const MOST_CONNECTIONS = 32;
/** How long one of them may keep the process waiting. Milliseconds. */
const PATIENCE_MS = 30_000;

/** Shows a WAL to whoever comes to its socket: other processes of the same user. */
export class InspectServer {
  readonly #server: UnixServer;
  readonly #answers: Answers;
  readonly #greeting: string;
  readonly #patienceMs: number;
  readonly #connections = new Map<Socket, Connection>();

  private constructor(wal: Wal, place: Place, patienceMs: number) {
    const { instance } = wal.options;
    this.#answers = new Answers(wal);
    this.#patienceMs = patienceMs;
    this.#greeting = toLine({ is: 'shale', version: VERSION, pid: process.pid, path: wal.path, instance });
    this.#server = new UnixServer(place, socketName(instance), (socket) => this.#welcome(socket));
  }

  /**
   * Makes the socket. One that a process has left which was killed is replaced; the caller has the claim to the WAL, so
   * it is nobody else's. Rejects with a WalError.
   */
  static async open(wal: Wal, patienceMs: number = PATIENCE_MS): Promise<InspectServer> {
    let place: Place | undefined;
    try {
      place = new Place(wal.path);
      const server = new InspectServer(wal, place, patienceMs);
      await server.#server.open();
      return server;
    } catch (cause) {
      place?.[Symbol.dispose]();
      const { code, details } = toWalError(cause, { path: wal.path });
      const message = `nobody can look into the WAL in ${wal.path}, which has no socket: ${reasonOf(cause)}`;
      throw new WalError(code, message, { path: wal.path, cause, details });
    }
  }

  /** Takes the socket away, and disconnects all who are there, whatever they do. */
  end(): void {
    this.#server.end();
    for (const connection of this.#connections.values()) connection.end();
  }

  #welcome(socket: Socket): void {
    if (this.#connections.size >= MOST_CONNECTIONS) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    socket.on('close', () => this.#connections.delete(socket));
    const connection = new Connection(socket, this.#answers, this.#greeting, this.#patienceMs);
    this.#connections.set(socket, connection);
  }
}

import { chmodSync, lstatSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { basename } from 'node:path';
import { WalError } from '@shale/codec';
import { reasonOf, toWalError } from '@shale/storage';
import { VERSION } from '../version.js';
import type { Wal } from '../wal.js';
import { Answers } from './answers.js';
import { Connection } from './connection.js';
import { Place, socketName } from './place.js';
import { toLine } from './wire.js';

/** Those who may look in at a time. */
const MOST_CONNECTIONS = 32;
/** How long one of them may keep the process waiting. Milliseconds. */
const PATIENCE_MS = 30_000;

/** Shows a WAL to whoever comes to its socket: other processes of the same user. */
export class InspectServer {
  readonly #server: Server;
  readonly #place: Place;
  readonly #name: string;
  readonly #answers: Answers;
  readonly #greeting: string;
  readonly #patienceMs: number;
  readonly #connections = new Map<Socket, Connection>();
  /** What it has in the directory: another file may come to have its name. */
  #inode: number | null = null;

  private constructor(wal: Wal, place: Place, patienceMs: number) {
    const { instance } = wal.options;
    this.#place = place;
    this.#name = socketName(instance);
    this.#answers = new Answers(wal);
    this.#patienceMs = patienceMs;
    this.#greeting = toLine({ is: 'shale', version: VERSION, pid: process.pid, path: wal.path, instance });
    this.#server = createServer((socket) => this.#welcome(socket));
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
      await server.#open();
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
    ignore(() => {
      const path = this.#place.of(this.#name);
      if (lstatSync(path).ino === this.#inode) unlinkSync(path);
    });
    for (const connection of this.#connections.values()) connection.end();
    this.#server.close();
    this.#place[Symbol.dispose]();
  }

  async #open(): Promise<void> {
    const path = this.#place.of(this.#name);
    requireOwn(path);
    // Nobody else gets to it before it has its permissions, nor finds a name behind which nobody is.
    const folder = `${path}.new`;
    const made = `${folder}/socket`;
    // A process that was killed meanwhile has left its own; a link to elsewhere is nobody's, and stays.
    if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      ignore(() => unlinkSync(made));
      ignore(() => rmdirSync(folder));
    }
    mkdirSync(folder, 0o700);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        // Of a cluster, each process has its own.
        this.#server.listen({ path: made, exclusive: true }, resolve);
      });
      this.#server.removeAllListeners('error');
      // Out of file descriptors, say: others may come later.
      this.#server.on('error', () => {});
      this.#server.unref();
      chmodSync(made, 0o600);
      this.#inode = lstatSync(made).ino;
      renameSync(made, path);
    } catch (error) {
      this.#server.close();
      throw error;
    } finally {
      ignore(() => unlinkSync(made));
      ignore(() => rmdirSync(folder));
    }
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

/** Throws unless there is nothing, or a socket. */
function requireOwn(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSocket()) return;
  throw new WalError('SHALE_IO', `something else has the name ${basename(path)}: move it away`, { path });
}

function ignore(call: () => void): void {
  try {
    call();
  } catch {
    // It is not there; what cannot be removed is met again where it matters.
  }
}

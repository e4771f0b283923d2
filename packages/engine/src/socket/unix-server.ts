import { chmodSync, lstatSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { WalError } from '@shale/codec';
import type { Place } from './place.js';

/**
 * A socket in a directory, for processes of the same user. It has its permissions before it has its name, and takes away
 * its name when it ends, unless something else has that by then.
 */
export class UnixServer {
  readonly #server: Server;
  readonly #place: Place;
  readonly #name: string;
  #inode: number | null = null;

  /** @param place is closed with it */
  constructor(place: Place, name: string, welcome: (socket: Socket) => void) {
    this.#place = place;
    this.#name = name;
    this.#server = createServer(welcome);
  }

  /**
   * Makes the socket. Whatever socket has the name is replaced. Throws SHALE_IO when something else has it, and the
   * system's errors.
   *
   * @param requireFree throws if somebody listens at a path: at that of a socket that is only just being made, and at that
   * of the name when nobody else can make one
   */
  async open(requireFree: (path: string) => Promise<void> = async () => {}): Promise<void> {
    const path = this.#place.of(this.#name);
    requireOwn(path);
    // Nobody else gets to it before it has its permissions, nor finds a name behind which nobody is.
    const made = this.#place.of(`${this.#name}.new/socket`);
    const folder = dirname(made);
    // A process that was killed meanwhile has left its own; a link to elsewhere is nobody's, and stays.
    if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      await requireFree(made);
      ignore(() => unlinkSync(made));
      ignore(() => rmdirSync(folder));
    }
    mkdirSync(folder, 0o700);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        // Of a cluster, each process has its own.
        this.#server.listen({ path: made, exclusive: true }, resolve);
        // It is there at once, if it could be made. Later it may be that of another.
        const socket = lstatSync(made, { throwIfNoEntry: false });
        if (socket === undefined) return;
        this.#inode = socket.ino;
        chmodSync(made, 0o600);
      });
      this.#server.removeAllListeners('error');
      // Out of file descriptors, say: others may come later.
      this.#server.on('error', () => {});
      this.#server.unref();
      await requireFree(path);
      // Whoever came meanwhile has taken what was here for left over, and goes on with its own.
      if (!this.#isMine(made)) throw overtaken(path);
      renameSync(made, path);
    } catch (error) {
      this.#server.close();
      throw error;
    } finally {
      if (this.#isMine(made)) ignore(() => unlinkSync(made));
      ignore(() => rmdirSync(folder));
    }
  }

  /** Takes the socket away. Who has come by it stays. */
  end(): void {
    ignore(() => {
      const path = this.#place.of(this.#name);
      if (this.#isMine(path)) unlinkSync(path);
    });
    this.#server.close();
    this.#place[Symbol.dispose]();
  }

  #isMine(path: string): boolean {
    return this.#inode !== null && lstatSync(path, { throwIfNoEntry: false })?.ino === this.#inode;
  }
}

function overtaken(path: string): WalError {
  return new WalError(
    'SHALE_LOCKED',
    `another process, or this one, begins to listen at ${basename(path)}: choose another path`,
    { path },
  );
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

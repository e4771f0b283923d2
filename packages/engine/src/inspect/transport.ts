import { connect, type Socket } from 'node:net';
import { WalError } from '@shale/codec';
import { reasonOf } from '@shale/storage';
import { abortReason, hasAborted, onAbort } from '../abort.js';
import { Place } from '../socket/place.js';
import { VERSION } from '../version.js';
import { readHolder } from './holder.js';
import { Lines } from './lines.js';
import { socketName } from './socket-name.js';
import { fromLine, type Greeting, type Reply, type Request, toLine } from './wire.js';

/** Of what the process says: the metrics of many shards. */
const MOST_LINE_BYTES = 64 * 1024 * 1024;

/** How a connection is opened. */
export interface Opening {
  readonly path: string;
  readonly instance: number;
  /** Until the process has greeted. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What the process says, with the payloads of a chunk. */
export interface Said {
  readonly reply: Reply;
  readonly payload: Buffer;
}

/** Of a request that was sent, and is not answered. The process takes few at a time from one. */
const MOST_SENT = 8;

interface Waiting {
  readonly line: string;
  readonly resolve: (said: Said) => void;
  readonly reject: (error: unknown) => void;
}

/** A connection to the socket of a WAL that another process, or this one, has open. */
export class Transport {
  readonly greeting: Greeting;
  readonly #socket: Socket;
  readonly #lines: Lines;
  /** Sent, and to be sent. */
  readonly #waiting: Waiting[] = [];
  readonly #unsent: Waiting[] = [];
  /** A chunk whose payloads are coming. */
  #head: { readonly reply: Reply; readonly payload: Buffer; filled: number } | null = null;
  #end: WalError | null = null;
  #ended: (error: WalError) => void = () => {};
  /** Resolves with why nothing is answered any more. */
  readonly ended: Promise<WalError> = new Promise((resolve) => {
    this.#ended = resolve;
  });

  private constructor(socket: Socket, greeting: Greeting, lines: Lines, rest: Buffer) {
    this.#socket = socket;
    this.greeting = greeting;
    this.#lines = lines;
    const gone = (): void => {
      const who = `process ${greeting.pid}`;
      this.#finish(new WalError('SHALE_IO', `${who} has ended, or has ended the connection`, this.#path));
    };
    socket.on('error', gone);
    socket.on('close', gone);
    socket.on('data', (bytes) => this.#take(bytes));
    this.#take(rest);
    socket.resume();
    // Whoever says nothing is disconnected after a while.
    this.ask({ is: 'hello' }).catch(() => undefined);
  }

  /** Rejects as `inspect` does. */
  static async open({ path: directory, instance, timeoutMs, signal }: Opening): Promise<Transport> {
    if (hasAborted(signal)) throw abortReason(signal);
    const socket = await reach(directory, instance);
    const lines = new Lines(MOST_LINE_BYTES);
    const cancel = onAbort(signal, () => socket.destroy());
    try {
      // While it was connected to.
      if (hasAborted(signal)) throw abortReason(signal);
      const { line, rest } = await firstLine(socket, lines, directory, timeoutMs);
      return new Transport(socket, readGreeting(line, directory), lines, rest);
    } catch (error) {
      socket.destroy();
      throw hasAborted(signal) ? abortReason(signal) : error;
    } finally {
      cancel();
    }
  }

  /** What the process answers. Rejects with the error that it answers, SHALE_CLOSED or SHALE_IO. */
  async ask(request: Request): Promise<Said> {
    const said = await new Promise<Said>((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      this.#unsent.push({ line: toLine(request), resolve, reject });
      this.#send();
    });
    return said;
  }

  #send(): void {
    while (this.#waiting.length < MOST_SENT) {
      const next = this.#unsent.shift();
      if (next === undefined) return;
      this.#waiting.push(next);
      this.#socket.write(next.line);
    }
  }

  close(): void {
    this.#finish(new WalError('SHALE_CLOSED', 'this inspection is closed', this.#path));
    this.#socket.destroy();
  }

  get #path(): { readonly path: string } {
    return { path: this.greeting.path };
  }

  #take(bytes: Buffer): void {
    try {
      for (let rest = bytes; rest.length > 0 && this.#end === null; ) {
        const head = this.#head;
        if (head !== null) {
          const taken = rest.copy(head.payload, head.filled);
          head.filled += taken;
          rest = rest.subarray(taken);
          this.#endPayload();
          continue;
        }
        const found = this.#lines.take(rest);
        if (found === null) return;
        rest = rest.subarray(found.taken);
        this.#hear(fromLine(found.line) as Reply);
      }
    } catch (error) {
      const message = `process ${this.greeting.pid} has said what is not understood: ${reasonOf(error)}`;
      this.#finish(new WalError('SHALE_INTERNAL', message, { ...this.#path, cause: error }));
      this.#socket.destroy();
    }
  }

  #hear(reply: Reply): void {
    if (reply.is === 'closed') {
      const message = `process ${this.greeting.pid} has closed the WAL in ${this.greeting.path}`;
      const details = { pid: this.greeting.pid };
      this.#finish(new WalError('SHALE_CLOSED', message, { ...this.#path, details }));
      return;
    }
    const sizes = reply.is === 'chunk' ? reply.sizes : [];
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    this.#head = { reply, payload: Buffer.allocUnsafe(bytes), filled: 0 };
    this.#endPayload();
  }

  #endPayload(): void {
    if (this.#head === null || this.#head.filled < this.#head.payload.length) return;
    const { reply, payload } = this.#head;
    this.#head = null;
    this.#waiting.shift()?.resolve({ reply, payload });
    this.#send();
  }

  #finish(error: WalError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#ended(error);
    for (const { reject } of [...this.#waiting.splice(0), ...this.#unsent.splice(0)]) reject(error);
  }
}

/** Connects to the socket. */
async function reach(directory: string, instance: number): Promise<Socket> {
  try {
    using place = new Place(directory);
    const socket = connect({ path: place.of(socketName(instance)) });
    // The place must be there until the system has looked the socket up.
    return await new Promise<Socket>((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.once('error', reject);
    });
  } catch (cause) {
    throw unreachable(directory, instance, cause);
  }
}

function unreachable(directory: string, instance: number, cause: unknown): WalError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const options = { path: directory, cause };
  if (cause instanceof WalError) return cause;
  if (code === 'EAGAIN') {
    return new WalError('SHALE_OVERLOADED', `${directory}: too many look into it at a time`, options);
  }
  if (code !== 'ENOENT' && code !== 'ECONNREFUSED') {
    const message = `the WAL in ${directory} cannot be looked into: ${reasonOf(cause)}`;
    return new WalError('SHALE_IO', message, options);
  }
  const holder = readHolder(directory);
  if (holder === null) {
    return new WalError('SHALE_NOT_FOUND', `no process has the WAL in ${directory} open`, options);
  }
  const { pid, elsewhere } = holder;
  const details = { pid };
  if (elsewhere !== null) {
    const message = `process ${pid} of ${elsewhere} has the WAL in ${directory} open: it can be looked into from there`;
    return new WalError('SHALE_UNSUPPORTED', message, { ...options, details });
  }
  const which = instance === 0 ? '' : `, or not instance ${instance}`;
  const message = `process ${pid} has the WAL in ${directory} open and lets nobody look into it${which}: it does when it opens it with inspect: true`;
  return new WalError('SHALE_UNSUPPORTED', message, { ...options, details });
}

/** The line that the process begins with, and what has come behind it. The socket stands still afterwards. */
async function firstLine(
  socket: Socket,
  lines: Lines,
  directory: string,
  timeoutMs: number,
): Promise<{ readonly line: string; readonly rest: Buffer }> {
  const refuse = (code: 'SHALE_IO' | 'SHALE_OVERLOADED', message: string): WalError =>
    new WalError(code, `${directory}: ${message}`, { path: directory });
  let stop: () => void = () => {};
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            refuse('SHALE_IO', `no process has answered within ${timeoutMs} ms: it is busy, or was stopped`),
          ),
        timeoutMs,
      );
      const hear = (bytes: Buffer): void => {
        try {
          const found = lines.take(bytes);
          if (found === null) return;
          socket.pause();
          resolve({ line: found.line, rest: bytes.subarray(found.taken) });
        } catch (cause) {
          reject(notShale(directory, cause));
        }
      };
      const gone = (): void =>
        reject(
          refuse('SHALE_OVERLOADED', 'the process takes no more who look into it, or it has just ended'),
        );
      stop = () => {
        clearTimeout(timer);
        socket.off('data', hear).off('close', gone);
      };
      socket
        .on('error', () => {})
        .on('data', hear)
        .on('close', gone);
    });
  } finally {
    stop();
  }
}

/** Throws SHALE_UNSUPPORTED for what this version does not understand. */
function readGreeting(line: string, directory: string): Greeting {
  const { is, version, pid } = (asObject(line) ?? {}) as Partial<Greeting>;
  if (is !== 'shale') {
    throw notShale(directory);
  }
  if (version !== VERSION) {
    throw new WalError(
      'SHALE_UNSUPPORTED',
      `process ${pid} has the WAL in ${directory} open with Shale ${version}, and this is Shale ${VERSION}: what it says is understood by the same version`,
      { path: directory, details: { pid: pid ?? 0, version: String(version) } },
    );
  }
  return asObject(line) as Greeting;
}

function notShale(directory: string, cause?: unknown): WalError {
  return new WalError('SHALE_UNSUPPORTED', `${directory}: it is not Shale who answers`, {
    path: directory,
    cause,
  });
}

function asObject(line: string): object | null {
  try {
    const said = fromLine(line);
    return typeof said === 'object' ? said : null;
  } catch {
    return null;
  }
}

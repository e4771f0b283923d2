import { connect, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { encodeMessage, errorFromData, MessageStream, WalError } from '@shale/codec';
import { reasonOf } from '@shale/storage';
import { abortReason, hasAborted, onAbort } from '../abort.js';
import { VERSION } from '../version.js';
import { Place } from './place.js';
import { CONTROL, type SocketHello, type SocketWelcome, takeApart } from './wire.js';

/** How long a process may take to answer: its event loop may be busy. Milliseconds. */
const PATIENCE_MS = 30_000;
/** Of the first answer, which has the options and a report of the opening. */
const MOST_BYTES = 64 * 1024 * 1024;

const TAKES_NO_MORE = 'the process that has opened the WAL takes no more, or has closed it, or has ended';

/** A socket by which a process has let in. */
export interface Reached {
  readonly socket: Socket;
  readonly welcome: Exclude<SocketWelcome, { readonly refused: unknown }>;
  /** What reads the socket, which stands still. */
  readonly stream: MessageStream;
}

/** Whether somebody listens there. */
export async function knock(path: string): Promise<boolean> {
  const socket = connect({ path });
  return await new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    // It takes no more for the moment, but it is there.
    socket.once('error', (error) => resolve('code' in error && error.code === 'EAGAIN'));
  }).then((isThere) => {
    socket.destroy();
    return isThere === true;
  });
}

/**
 * Connects to the socket of a WAL. Rejects as `connectWal` does.
 *
 * @param patienceMs how long the process may take to answer
 */
export async function reach(
  path: string,
  signal: AbortSignal | undefined,
  patienceMs: number = PATIENCE_MS,
): Promise<Reached> {
  if (hasAborted(signal)) throw abortReason(signal);
  const socket = await connected(path);
  const cancel = onAbort(signal, () => socket.destroy());
  try {
    if (hasAborted(signal)) throw abortReason(signal);
    const stream = new MessageStream(MOST_BYTES);
    const welcome = await greet(socket, stream, path, patienceMs);
    if ('refused' in welcome) throw errorFromData(welcome.refused);
    return { socket, welcome, stream };
  } catch (error) {
    socket.destroy();
    throw hasAborted(signal) ? abortReason(signal) : error;
  } finally {
    cancel();
  }
}

async function connected(path: string): Promise<Socket> {
  try {
    using place = new Place(dirname(path));
    const socket = connect({ path: place.of(basename(path)) });
    // The place must be there until the system has looked the socket up.
    return await new Promise<Socket>((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.once('error', reject);
    });
  } catch (cause) {
    throw unreachable(path, cause);
  }
}

function unreachable(path: string, cause: unknown): WalError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (cause instanceof WalError) return cause;
  if (code === 'EAGAIN') {
    return new WalError('SHALE_OVERLOADED', `${path}: too many connect at a time`, { path, cause });
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') {
    const message = `no process listens at ${path}: the one that opens the WAL does by wal.listen()`;
    return new WalError('SHALE_NOT_FOUND', message, { path, cause });
  }
  if (code === 'ECONNRESET')
    return new WalError('SHALE_CLOSED', `${path}: ${TAKES_NO_MORE}`, { path, cause });
  return new WalError('SHALE_IO', `the socket ${path} cannot be connected to: ${reasonOf(cause)}`, {
    path,
    cause,
  });
}

/** Says what this process is, and takes what is said to that. The socket stands still afterwards. */
async function greet(
  socket: Socket,
  stream: MessageStream,
  path: string,
  patienceMs: number,
): Promise<SocketWelcome> {
  let stop: () => void = () => {};
  try {
    return await new Promise<SocketWelcome>((resolve, reject) => {
      const refuse = (code: 'SHALE_IO' | 'SHALE_CLOSED', message: string): void =>
        reject(new WalError(code, `${path}: ${message}`, { path }));
      const timer = setTimeout(
        () =>
          refuse('SHALE_IO', `no process has answered within ${patienceMs} ms: it is busy, or was stopped`),
        patienceMs,
      );
      const hear = (bytes: Uint8Array): void => {
        try {
          stream.push(bytes);
          const message = stream.next();
          if (message === null) return;
          socket.pause();
          resolve(toWelcome(takeApart(message.value).body));
        } catch (cause) {
          reject(new WalError('SHALE_UNSUPPORTED', `${path}: it is not Shale who answers`, { path, cause }));
        }
      };
      const gone = (): void => refuse('SHALE_CLOSED', TAKES_NO_MORE);
      stop = () => {
        clearTimeout(timer);
        socket.off('data', hear).off('close', gone);
      };
      socket
        .on('error', () => {})
        .on('data', hear)
        .on('close', gone);
      socket.write(encodeMessage([CONTROL, { hello: VERSION, pid: process.pid } satisfies SocketHello]));
    });
  } finally {
    stop();
  }
}

/** Throws for what is none. */
function toWelcome(body: unknown): SocketWelcome {
  if (typeof body !== 'object' || body === null || !('refused' in body || 'options' in body))
    throw new TypeError('no welcome');
  // The other end is of the same version, or refuses in a way that all have.
  return body as SocketWelcome;
}

import type { MessagePort } from 'node:worker_threads';
import type { Moved } from './shard-line.js';

/** One end of a way on which messages come in order: a port between threads, or a channel of a socket. */
export interface Port {
  /** Begins to take what comes, and has come already. */
  onMessage(call: (message: unknown) => void): void;
  /** Nothing comes any more. */
  onClose(call: () => void): void;
  post(message: unknown, transfer?: readonly Moved[]): void;
  /** While it is referred to, it keeps its own thread running. */
  ref(): void;
  unref(): void;
  close(): void;
}

/** A port between threads. */
export function threadPort(port: MessagePort): Port {
  return {
    onMessage: (call) => void port.on('message', call),
    onClose: (call) => void port.once('close', call),
    post: (message, transfer = []) => port.postMessage(message, [...transfer]),
    ref: () => port.ref(),
    unref: () => port.unref(),
    close: () => port.close(),
  };
}

import { CliError, ClosedPipeError } from '../cli-error.js';
import { withoutActing } from './showable.js';

const FLUSH_BYTES = 64 * 1024;

/**
 * Standard output with few large writes, backpressure, and a closed pipe told as {@link ClosedPipeError}.
 * Await what `write` returns when it returns something; `flush` at the end.
 */
export class OutputStream {
  readonly #stream: NodeJS.WritableStream;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #error: Error | undefined;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#error ??= error.code === 'EPIPE' ? new ClosedPipeError() : asOutputError(error);
    });
  }

  /** Queues text or bytes. Returns a promise only when the caller should wait for the reader. */
  write(data: string | Uint8Array): Promise<void> | undefined {
    if (this.#error) throw this.#error;
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    return this.#pendingBytes >= FLUSH_BYTES ? this.flush() : undefined;
  }

  /** A line of text, or several; nothing in it makes a terminal do anything but change colours. */
  line(text = ''): Promise<void> | undefined {
    return this.write(`${withoutActing(text)}\n`);
  }

  /** Resolves when everything written so far has been handed to the operating system. */
  async flush(): Promise<void> {
    if (this.#error) throw this.#error;
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    await new Promise<void>((resolve) => this.#stream.write(bytes, () => resolve()));
    // The write's callback runs before the stream's 'error' event: give the event its turn.
    if (!this.#error) await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#error) throw this.#error;
  }
}

/** What is full is not the disk of the log, as an error without more would seem to say. */
function asOutputError(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') return error;
  return new CliError('CLI_OUTPUT_FULL', `standard output cannot be written: ${error.message}`, {
    hint: 'Free space on the disk that the output goes to, or write it elsewhere. The log is not affected.',
    cause: error,
  });
}

import type { Socket } from 'node:net';
import { type Answer, type Answers, type Following, failure, readRequest } from './answers.js';
import { Lines } from './lines.js';
import { fromLine, type Request, toLine } from './wire.js';

/** Of a request. The name of a table, which may have 512 bytes, takes six times as much at most. */
const MOST_LINE_BYTES = 16 * 1024;
/** Requests that may wait while one is being answered. */
const MOST_REQUESTS = 16;
/** Bytes that are handed to the system at a time: the end of each is a sign of life. */
const SLICE_BYTES = 64 * 1024;

/**
 * One of those who look into the WAL. It has at most one answer under way, and one who sends what is no request, more
 * requests than are taken, half a line and no more, or nothing at all, and one who does not read, is disconnected.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #answers: Answers;
  readonly #patienceMs: number;
  readonly #lines = new Lines(MOST_LINE_BYTES);
  readonly #requests: string[] = [];
  #following: Following | null = null;
  #hasAsked = false;
  #isAnswering = false;
  #isSending = false;
  #drained: () => void = nothing;
  #timer: NodeJS.Timeout | null = null;

  /** @param patienceMs how long it may do nothing where something is due */
  constructor(socket: Socket, answers: Answers, greeting: string, patienceMs: number) {
    this.#socket = socket;
    this.#answers = answers;
    this.#patienceMs = patienceMs;
    // Whoever looks in keeps no process from ending.
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('drain', () => this.#drained());
    socket.on('close', () => this.#leave());
    socket.write(greeting);
    this.#watch();
  }

  /** Says that the WAL is closed, if that can be said at once, and disconnects. */
  end(): void {
    if (!this.#isSending && this.#socket.writableLength === 0) this.#socket.write(toLine({ is: 'closed' }));
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    try {
      for (let rest = bytes; rest.length > 0; ) {
        const found = this.#lines.take(rest);
        if (found === null) break;
        rest = rest.subarray(found.taken);
        if (this.#requests.push(found.line) > MOST_REQUESTS) throw new RangeError('too many requests');
      }
    } catch {
      this.#socket.destroy();
      return;
    }
    this.#watch();
    if (!this.#isAnswering) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isAnswering = true;
    try {
      for (let line = this.#requests.shift(); line !== undefined; line = this.#requests.shift()) {
        const request = readRequest(fromLine(line));
        this.#hasAsked = true;
        this.#watch();
        await this.#send(await this.#answer(request));
        if (this.#socket.destroyed) return;
      }
    } catch {
      // It speaks another language.
      this.#socket.destroy();
    } finally {
      this.#isAnswering = false;
    }
    this.#watch();
  }

  async #answer(request: Request): Promise<Answer> {
    try {
      if (request.is === 'hello') return { line: toLine({ is: 'hello' }), payload: null };
      if (request.is === 'next') return await this.#next();
      if (request.is === 'metrics') return { line: this.#answers.metrics(), payload: null };
      if (request.is !== 'follow') return { line: await this.#line(request), payload: null };
      await this.#following?.end();
      this.#following = await this.#answers.follow(request);
      if (this.#socket.destroyed) await this.#following.end();
      return { line: toLine({ is: 'following', last: this.#following.last }), payload: null };
    } catch (error) {
      return { line: failure(error), payload: null };
    }
  }

  async #line(
    request: Exclude<Request, { readonly is: 'hello' | 'next' | 'metrics' | 'follow' }>,
  ): Promise<string> {
    switch (request.is) {
      case 'tables':
        return await this.#answers.tables();
      case 'consumers':
        return await this.#answers.consumers();
      case 'positions':
        return await this.#answers.positions(request);
      case 'seek':
        return await this.#answers.seek(request);
      case 'dropConsumer':
        return await this.#answers.dropConsumer(request);
      case 'retentions':
        return await this.#answers.retentions();
      case 'retain':
        return await this.#answers.retain(request);
    }
  }

  async #next(): Promise<Answer> {
    return (await this.#following?.next()) ?? { line: toLine({ is: 'closed' }), payload: null };
  }

  async #send({ line, payload }: Answer): Promise<void> {
    const socket = this.#socket;
    this.#isSending = true;
    await this.#write(Buffer.from(line));
    for (let at = 0; payload !== null && at < payload.length && !socket.destroyed; at += SLICE_BYTES) {
      await this.#write(payload.subarray(at, at + SLICE_BYTES));
    }
    this.#isSending = false;
  }

  /** Resolves when the system has taken them, or nobody is there any more. */
  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed || this.#socket.write(bytes)) return;
    this.#watch();
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#drained = nothing;
    this.#endWatch();
  }

  /** Is there something that the other side has to do? Then not for ever. */
  #watch(): void {
    if (!this.#isDue || this.#socket.destroyed) this.#endWatch();
    else this.#timer ??= setTimeout(() => this.#lastLook(), this.#patienceMs).unref();
  }

  get #isDue(): boolean {
    return !this.#hasAsked || this.#lines.isInside || this.#socket.writableNeedDrain;
  }

  /** What came while this thread was busy is heard first. */
  #lastLook(): void {
    const timer = this.#timer;
    setImmediate(() => {
      if (this.#timer !== timer) return;
      this.#endWatch();
      if (this.#isDue) this.#socket.destroy();
    });
  }

  #endWatch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #leave(): void {
    this.#endWatch();
    this.#requests.length = 0;
    this.#drained();
    void this.#following?.end();
  }
}

function nothing(): void {}

import type { Socket } from 'node:net';
import { encodeMessage, type MessageStream } from '@shale/codec';
import { ShardCells } from '../metrics/shard-cells.js';
import type { Port } from '../shard/port.js';
import type { ShardTask } from '../shard/protocol.js';
import type { ToOpener } from '../share/control-messages.js';
import { Channel } from './channel.js';
import {
  CONTROL,
  type FromLine,
  type FromOwner,
  type HowFar,
  type SocketAnswer,
  type ToOwner,
  takeApart,
} from './wire.js';

/** No message of the process that opened the WAL is larger. */
const MOST_BYTES = 2 ** 32 - 1;

/** Is told what comes besides answers, before anybody else is. */
export interface LinkNews {
  howFar(howFar: HowFar): void;
  /** Tables that were dropped: region and table of each. */
  wrote(wrote: BigUint64Array): void;
  doubted(shard: number, dropped: readonly bigint[]): void;
}

/** The connection to the process that has opened the WAL: a channel for what is rare, and one for each line to a shard. */
export class OwnerLink {
  /** What is rare, as the port of a handle carries it. */
  readonly control: Port;
  readonly #socket: Socket;
  readonly #stream: MessageStream;
  readonly #control: Channel;
  readonly #lines = new Map<number, Channel>();
  /** Lines that were asked for: where the times of their frames are noted. */
  readonly #asked = new Map<number, SharedArrayBuffer>();
  #news: LinkNews | null = null;
  #refs = 0;

  /** @param stream what was begun to be read */
  constructor(socket: Socket, stream: MessageStream) {
    this.#socket = socket;
    this.#stream = stream;
    stream.mostBytes = MOST_BYTES;
    const whenRefs = (by: number): void => this.#refer(by);
    this.#control = new Channel(
      (message) => this.#ask(message as ToOpener),
      () => socket.destroySoon(),
      whenRefs,
    );
    this.control = this.#control;
    socket.unref();
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#gone());
  }

  /** Begins to tell. */
  begin(news: LinkNews): void {
    this.#news = news;
  }

  /** Says something on the channel of what is rare. */
  say(message: ToOwner): void {
    this.#send(CONTROL, message);
  }

  /** A thread asks for a line with memory; a process is told the times, and notes them itself. */
  #ask(message: ToOpener): void {
    if (!('ask' in message) || message.question.want !== 'line') {
      this.#send(CONTROL, message);
      return;
    }
    const { ask, question } = message;
    this.#asked.set(ask, question.cells);
    this.say({ ask, question: { want: 'line', shard: question.shard } });
  }

  #take(bytes: Uint8Array): void {
    try {
      this.#stream.push(bytes);
      for (let next = this.#stream.next(); next !== null; next = this.#stream.next()) {
        const { channel, body, howFar } = takeApart(next.value);
        if (howFar !== null) this.#news?.howFar(howFar);
        // The other end is of the same version.
        if (channel === CONTROL) this.#hear(body as FromOwner);
        else this.#hearLine(channel, body as FromLine);
      }
    } catch {
      this.#socket.destroy();
    }
  }

  #hear(said: FromOwner): void {
    if ('doubted' in said) this.#news?.doubted(said.doubted, said.dropped);
    else if ('to' in said) this.#control.deliver({ to: said.to, answer: this.#answer(said.to, said.answer) });
    else this.#control.deliver(said);
  }

  #answer(to: number, answer: SocketAnswer): unknown {
    const memory = this.#asked.get(to);
    this.#asked.delete(to);
    if (!('line' in answer) || memory === undefined) return answer;
    const channel = answer.line;
    const cells = new ShardCells(memory);
    const slots = new Map<number, number>();
    const send = (message: unknown): void => {
      const { id, task } = message as { readonly id: number; readonly task: ShardTask };
      // The thread lets go of nothing for it.
      if (task.kind === 'detach') {
        line.close();
        return;
      }
      if (task.kind === 'append') slots.set(id, task.slot);
      this.#send(channel, { id, task });
    };
    const line = new Channel(
      send,
      () => {
        if (this.#lines.delete(channel)) this.#send(channel, { over: true });
      },
      (by) => this.#refer(by),
      (said) => {
        if (!('times' in said)) return;
        const [startedAt = 0, endedAt = 0] = said.times ?? [];
        cells.noted(slots.get(said.id) ?? -1, startedAt, endedAt);
        slots.delete(said.id);
      },
    );
    this.#lines.set(channel, line);
    return { line };
  }

  #hearLine(channel: number, said: FromLine): void {
    const line = this.#lines.get(channel);
    if ('wrote' in said) this.#news?.wrote(said.wrote);
    if ('over' in said) {
      this.#lines.delete(channel);
      line?.end();
    } else {
      line?.deliver(said);
    }
  }

  #send(channel: number, body: unknown): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(encodeMessage([channel, body]));
  }

  /** While one of the channels is referred to, so is the socket. */
  #refer(by: number): void {
    this.#refs += by;
    if (this.#refs > 0) this.#socket.ref();
    else this.#socket.unref();
  }

  #gone(): void {
    const lines = [...this.#lines.values()];
    this.#lines.clear();
    for (const line of lines) line.end();
    this.#control.end();
  }
}

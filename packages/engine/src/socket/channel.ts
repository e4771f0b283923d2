import type { Port } from '../shard/port.js';
import type { FromLine } from './wire.js';

/** A channel of a socket, as a port. What comes before anybody takes it waits. */
export class Channel implements Port {
  readonly #send: (message: unknown) => void;
  readonly #leave: () => void;
  readonly #refer: (by: number) => void;
  readonly #note: (said: FromLine) => void;
  #take: ((message: unknown) => void) | null = null;
  #early: unknown[] = [];
  #closed: () => void = () => {};
  #isOver = false;
  #isReferred = false;

  /**
   * @param send sends what is posted; transferred memory is left where it is
   * @param leave this end closes it
   * @param refer it is referred to by so many more, or fewer
   * @param note is shown what comes, before it is taken
   */
  constructor(
    send: (message: unknown) => void,
    leave: () => void,
    refer: (by: number) => void,
    note: (said: FromLine) => void = () => {},
  ) {
    this.#send = send;
    this.#leave = leave;
    this.#refer = refer;
    this.#note = note;
  }

  onMessage(call: (message: unknown) => void): void {
    this.#take = call;
    for (const message of this.#early.splice(0)) call(message);
  }

  onClose(call: () => void): void {
    this.#closed = call;
    if (this.#isOver) queueMicrotask(call);
  }

  post(message: unknown): void {
    if (!this.#isOver) this.#send(message);
  }

  ref(): void {
    if (!this.#isReferred && !this.#isOver) this.#refer(1);
    this.#isReferred = true;
  }

  unref(): void {
    if (this.#isReferred && !this.#isOver) this.#refer(-1);
    this.#isReferred = false;
  }

  close(): void {
    if (this.#isOver) return;
    this.#leave();
    this.end();
  }

  /** Something has come. */
  deliver(message: unknown): void {
    if (this.#isOver) return;
    // Of what is rare it finds nothing.
    this.#note(message as FromLine);
    if (this.#take === null) this.#early.push(message);
    else this.#take(message);
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#isOver) return;
    this.unref();
    this.#isOver = true;
    queueMicrotask(() => this.#closed());
  }
}

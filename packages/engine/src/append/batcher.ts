import type { WalError } from '@shale/codec';
import type { BufferPool } from './buffer-pool.js';
import { Frame } from './frame.js';
import type { PendingAppend } from './pending-append.js';

/** Frames that may be with the worker at a time: one it works on, and a full one that is ready behind it. */
const DEPTH = 2;

/** Sends one frame to the worker; `done` is called exactly once, when it is settled, whatever came of it. */
export type SendFrame = (frame: Frame, done: () => void) => void;

/**
 * Group commit. Appends go into the open frame. With nothing under way it is sent at the end of the current burst of
 * microtasks, so that what is appended in one tick shares a frame; while a frame is under way the next one fills, so
 * frames grow with the load by themselves. Only a full frame is sent behind another: the worker never waits at
 * saturation, and small frames are never sent because of it.
 */
export class Batcher {
  readonly #pool: BufferPool;
  readonly #send: SendFrame;
  #open: Frame | null = null;
  /** Full frames that wait for their turn, oldest first. */
  readonly #sealed: Frame[] = [];
  #underWay = 0;
  #scheduled = false;
  #held = false;
  /** Calls to make once a frame has been sent: what must follow the appends before it. */
  readonly #afterSend = new Map<Frame, (() => void)[]>();
  readonly #afterDone = new Map<Frame, (() => void)[]>();
  #last: Frame | null = null;

  constructor(pool: BufferPool, send: SendFrame) {
    this.#pool = pool;
    this.#send = send;
  }

  /** Whether no append is anywhere in here. */
  get isIdle(): boolean {
    return this.#underWay === 0 && this.#open === null && this.#sealed.length === 0;
  }

  /** Copies an append into a frame. */
  add(append: PendingAppend): void {
    let open = this.#open;
    if (open === null || !open.fits(append)) {
      this.#seal();
      const size = Frame.sizeFor(append);
      open = new Frame(size <= this.#pool.bufferBytes ? this.#pool.take() : new ArrayBuffer(size));
      this.#open = open;
      this.#last = open;
      open.add(append);
      if (size > this.#pool.bufferBytes) this.#seal();
      this.#schedule();
      return;
    }
    open.add(append);
  }

  /**
   * Calls `follow` between the frame with what was appended last and the frame with what is appended next, so that
   * what it sends stands between them; at once if everything has been sent.
   */
  afterSent(follow: () => void): void {
    const open = this.#open;
    this.#seal();
    const frame = this.#sealed.at(-1);
    if (frame === undefined) {
      follow();
      return;
    }
    // It may wait for long, with many like it.
    if (open !== null && this.#underWay >= DEPTH) open.shrink(this.#pool);
    push(this.#afterSend, frame, follow);
    this.#schedule();
  }

  /** Calls `follow` when everything appended so far is settled: at once if that is so already. */
  afterSettled(follow: () => void): void {
    if (this.#last === null) follow();
    else push(this.#afterDone, this.#last, follow);
  }

  /** Sends nothing until `release()`: the worker is not there. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#schedule();
  }

  /** Rejects everything that was not sent yet; returns what it had booked. */
  failUnsent(error: WalError): number {
    this.#seal();
    const frames = this.#sealed.splice(0);
    let cost = 0;
    for (const frame of frames) {
      frame.fail(error);
      cost += frame.cost;
      run(this.#afterSend, frame);
      this.#settled(frame);
    }
    return cost;
  }

  #seal(): void {
    if (this.#open !== null) this.#sealed.push(this.#open);
    this.#open = null;
  }

  #schedule(): void {
    if (this.#scheduled || this.#held) return;
    if (this.#underWay > 0 || this.#sealed.length > 0) {
      this.#dispatch();
      return;
    }
    this.#scheduled = true;
    // A microtask runs among the others; a tick asked for by one runs when all of them are through.
    queueMicrotask(() => {
      process.nextTick(() => {
        this.#scheduled = false;
        this.#dispatch();
      });
    });
  }

  #dispatch(): void {
    while (!this.#held && this.#underWay < DEPTH) {
      if (this.#underWay === 0 && this.#sealed.length === 0) this.#seal();
      const frame = this.#sealed.shift();
      if (frame === undefined) return;
      this.#underWay++;
      this.#send(frame, () => {
        this.#underWay--;
        this.#settled(frame);
        if (!this.isIdle) this.#schedule();
      });
      run(this.#afterSend, frame);
    }
  }

  #settled(frame: Frame): void {
    if (this.#last === frame) this.#last = null;
    run(this.#afterDone, frame);
  }
}

function push(calls: Map<Frame, (() => void)[]>, frame: Frame, call: () => void): void {
  const list = calls.get(frame);
  if (list === undefined) calls.set(frame, [call]);
  else list.push(call);
}

function run(calls: Map<Frame, (() => void)[]>, frame: Frame): void {
  const list = calls.get(frame);
  if (list === undefined) return;
  calls.delete(frame);
  for (const call of list) call();
}

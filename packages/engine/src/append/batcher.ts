import type { WalError } from '@shale/codec';
import type { BufferPool } from './buffer-pool.js';
import { Frame } from './frame.js';
import type { PendingAppend } from './pending-append.js';

/** Frames that may be with the worker at a time: one it works on, and a full one that is ready behind it. */
const DEPTH = 2;

/** Where frames go. */
export interface FrameTarget {
  /** Whether frames can be sent now. When it becomes true, somebody calls `wake()`. */
  readonly isOpen: boolean;
  /** Sends one frame to the worker; `done` is called exactly once, when it is settled, whatever came of it. */
  send(frame: Frame, done: () => void): void;
}

/**
 * Group commit. Appends go into the open frame. With nothing under way it is sent at the end of the current burst of
 * microtasks, so that what is appended in one tick shares a frame; while a frame is under way the next one fills, so
 * frames grow with the load by themselves. Only a full frame is sent behind another: the worker never waits at
 * saturation, and small frames are never sent because of it.
 */
export class Batcher {
  readonly #pool: BufferPool;
  readonly #target: FrameTarget;
  #open: Frame | null = null;
  /** Full frames that wait for their turn, and calls to make between them, oldest first. */
  readonly #queue: (Frame | (() => void))[] = [];
  #underWay = 0;
  #scheduled = false;
  #isDispatching = false;
  readonly #afterSent = new Map<Frame, (() => void)[]>();
  readonly #afterDone = new Map<Frame, (() => void)[]>();
  #last: Frame | null = null;

  constructor(pool: BufferPool, target: FrameTarget) {
    this.#pool = pool;
    this.#target = target;
  }

  /**
   * Copies an append into a frame, whole, or throws and has nothing of it. `wake` sends it. Throws SHALE_TOO_LARGE when
   * there is no memory for a frame of its size.
   */
  add(append: PendingAppend): void {
    const open = this.#open;
    if (open?.fits(append) === true) {
      open.add(append);
      return;
    }
    const frame = Frame.holding(append, this.#pool);
    this.#seal();
    this.#open = frame;
    this.#last = frame;
    if (Frame.sizeFor(append) > this.#pool.bufferBytes) this.#seal();
  }

  /**
   * Calls `follow` between the frame with what was appended last and the frame with what is appended next, so that
   * what it sends stands between them; at once if everything has been sent and the worker is there.
   */
  afterSent(follow: () => void): void {
    const open = this.#open;
    this.#seal();
    this.#queue.push(follow);
    this.#dispatch();
    // It was cut short and still waits, as may many like it: the rest of its buffer is not to wait with it.
    if (open !== null && this.#queue.at(-2) === open) open.shrink(this.#pool);
  }

  /** Calls `follow` when everything appended so far, and not failed, is with the worker: at once if that is so already. */
  whenSent(follow: () => void): void {
    if (this.#open !== null) push(this.#afterSent, this.#open, follow);
    else if (this.#queue.length > 0) this.#queue.push(follow);
    else follow();
  }

  /** Calls `follow` when everything appended so far is settled: at once if that is so already. */
  afterSettled(follow: () => void): void {
    if (this.#last === null) follow();
    else push(this.#afterDone, this.#last, follow);
  }

  /** Something was added, or the target is open: sends what has waited for that. */
  wake(): void {
    this.#schedule();
  }

  /** Rejects everything that was not sent yet; returns what it had booked. */
  failUnsent(error: WalError): number {
    this.#seal();
    let cost = 0;
    for (const item of this.#queue.splice(0)) {
      if (typeof item === 'function') {
        item();
        continue;
      }
      item.fail(error);
      cost += item.cost;
      run(this.#afterSent, item);
      this.#settled(item);
    }
    return cost;
  }

  #seal(): void {
    if (this.#open !== null) this.#queue.push(this.#open);
    this.#open = null;
  }

  #schedule(): void {
    if (this.#scheduled || !this.#target.isOpen) return;
    if (this.#open === null && this.#queue.length === 0) return;
    if (this.#underWay > 0 || this.#queue.length > 0) {
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

  /** What it sends may be settled at once; the loop that is running then goes on. */
  #dispatch(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    try {
      for (let item = this.#next(); item !== null; item = this.#next()) {
        if (typeof item === 'function') item();
        else this.#send(item);
      }
    } finally {
      this.#isDispatching = false;
    }
  }

  /** Takes the first in the queue out of it, if its turn has come. */
  #next(): Frame | (() => void) | null {
    if (!this.#target.isOpen) return null;
    if (this.#underWay === 0 && this.#queue.length === 0) this.#seal();
    const item = this.#queue[0];
    if (item === undefined || (typeof item !== 'function' && this.#underWay >= DEPTH)) return null;
    this.#queue.shift();
    return item;
  }

  #send(frame: Frame): void {
    this.#underWay++;
    this.#target.send(frame, () => {
      this.#underWay--;
      this.#settled(frame);
      this.#schedule();
    });
    run(this.#afterSent, frame);
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

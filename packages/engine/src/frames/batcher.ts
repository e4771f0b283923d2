import type { WalError } from '@shale/codec';
import type { BufferPool } from './buffer-pool.js';
import { Frame } from './frame.js';
import { isRemoval, type PendingChange } from './pending-append.js';
import { RemovalLane } from './removal-lane.js';

/** Frames that may be with the worker at a time: one it works on, and a full one that is ready behind it. */
const DEPTH = 2;

/** Where frames go. */
export interface FrameTarget {
  /** Whether frames can be sent now. When it becomes true, the target calls `wake()`. */
  readonly isOpen: boolean;
  /** Sends one frame to the worker; `done` is called exactly once, when it is settled, whatever came of it. */
  send(frame: Frame, done: () => void): void;
  /** Rejects one that there is no frame for, and gives back what it has booked. */
  refuse(change: PendingChange, error: unknown): void;
}

/**
 * Group commit. Appends go into the open frame. With nothing under way it is sent at the end of the current burst of
 * microtasks, so that what is appended in one tick shares a frame; while a frame is under way the next one fills, so
 * frames grow with the load by themselves. Only a full frame is sent behind another: the worker never waits at
 * saturation, and small frames are never sent because of it.
 *
 * Trims and drops travel in the same frames, but only so many in each. The others wait in a lane of their own, together
 * with what is done to their tables after them; everything else goes past them. While the lane holds anything, there is
 * an open frame that takes no more of it.
 */
export class Batcher {
  readonly #pool: BufferPool;
  readonly #target: FrameTarget;
  #open: Frame | null = null;
  /** Full frames that wait for their turn, oldest first. */
  readonly #queue: Frame[] = [];
  readonly #lane = new RemovalLane();
  /** Frames with the worker, oldest first. */
  readonly #sent: Frame[] = [];
  #scheduled = false;
  #isDispatching = false;
  readonly #afterSent = new Map<Frame, (() => void)[]>();
  readonly #afterDone = new Map<Frame, (() => void)[]>();

  constructor(pool: BufferPool, target: FrameTarget) {
    this.#pool = pool;
    this.#target = target;
  }

  /**
   * Copies an append, trim or drop into a frame, whole, or throws and has nothing of it. `wake` sends it. Throws
   * SHALE_TOO_LARGE when there is no memory for a frame of its size.
   */
  add(change: PendingChange): void {
    if (this.#mustWait(change)) {
      this.#lane.push(change);
      return;
    }
    const open = this.#open;
    if (open?.fits(change) === true) {
      open.add(change);
      return;
    }
    const frame = Frame.holding(change, this.#pool);
    this.#push();
    this.#begin(frame);
    this.#refill();
  }

  /**
   * Calls `follow` when everything appended so far, and not failed, is with the worker: at once if that is so
   * already.
   */
  afterSent(follow: () => void): void {
    this.#lane.mark(() => {
      const last = this.#open ?? this.#queue.at(-1);
      if (last === undefined) follow();
      else push(this.#afterSent, last, follow);
    });
  }

  /** Calls `follow` when everything appended so far is settled: at once if that is so already. */
  afterSettled(follow: () => void): void {
    this.#lane.mark(() => {
      // All of them: one frame may wait in the thread for a lent table, and the next go past it.
      const frames = [...this.#sent, ...this.#queue, ...(this.#open === null ? [] : [this.#open])];
      if (frames.length === 0) follow();
      let unsettled = frames.length;
      const settled = (): void => {
        if (--unsettled === 0) follow();
      };
      for (const frame of frames) push(this.#afterDone, frame, settled);
    });
  }

  /** Something was added, or the target is open: sends what has waited for that. */
  wake(): void {
    this.#schedule();
  }

  /**
   * Rejects everything that was not sent yet; returns what it had booked.
   *
   * @param spare what is not rejected
   */
  failUnsent(error: WalError, spare: (change: PendingChange) => boolean = () => false): number {
    this.#push();
    const frames = this.#queue.splice(0);
    const { changes: waiting, marks } = this.#lane.drain();
    const unsent = [...frames.flatMap(({ changes }) => changes), ...waiting];
    const sent: (() => void)[] = [];
    const settled: (() => void)[] = [];
    for (const frame of frames) {
      this.#pool.give(frame.buffer);
      sent.push(...take(this.#afterSent, frame));
      settled.push(...take(this.#afterDone, frame));
    }
    let cost = 0;
    const spared: PendingChange[] = [];
    for (const change of unsent) {
      if (spare(change)) {
        spared.push(change);
        continue;
      }
      change.reject(error);
      cost += change.cost;
    }
    for (const change of spared) this.add(change);
    for (const call of sent) this.afterSent(call);
    for (const call of settled) this.afterSettled(call);
    for (const mark of marks) this.#lane.mark(mark);
    this.wake();
    return cost;
  }

  /** Whether it has to go to the lane. */
  #mustWait(change: PendingChange): boolean {
    if (!this.#lane.isEmpty) return this.#lane.concerns(change);
    return isRemoval(change) && this.#open !== null && !this.#open.takesRemovals;
  }

  #begin(frame: Frame): void {
    this.#open = frame;
    if (frame.buffer.byteLength > this.#pool.bufferBytes) this.#push();
  }

  /** The open frame is full. */
  #push(): void {
    if (this.#open !== null) this.#queue.push(this.#open);
    this.#open = null;
  }

  /** Lets the open frame take from the lane what it can; opens one for it if need be. */
  #refill(): void {
    for (let next = this.#lane.first(); next !== null; next = this.#lane.first()) {
      if (this.#open !== null && !this.#open.fits(next)) return;
      this.#lane.shift();
      try {
        if (this.#open !== null) this.#open.add(next);
        else this.#begin(Frame.holding(next, this.#pool));
      } catch (error) {
        this.#target.refuse(next, error);
      }
    }
  }

  #schedule(): void {
    if (this.#scheduled || !this.#target.isOpen) return;
    if (this.#open === null && this.#queue.length === 0) return;
    if (this.#sent.length > 0 || this.#queue.length > 0) {
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
        this.#send(item);
      }
    } finally {
      this.#isDispatching = false;
    }
  }

  /** Takes the first in the queue out of it, if its turn has come. */
  #next(): Frame | null {
    if (!this.#target.isOpen) return null;
    if (this.#sent.length === 0 && this.#queue.length === 0) {
      this.#push();
      this.#refill();
    }
    const item = this.#queue[0];
    if (item === undefined || this.#sent.length >= DEPTH) return null;
    this.#queue.shift();
    return item;
  }

  #send(frame: Frame): void {
    this.#sent.push(frame);
    this.#target.send(frame, () => {
      this.#sent.splice(this.#sent.indexOf(frame), 1);
      run(this.#afterDone, frame);
      this.#schedule();
    });
    run(this.#afterSent, frame);
  }
}

function push(calls: Map<Frame, (() => void)[]>, frame: Frame, call: () => void): void {
  const list = calls.get(frame);
  if (list === undefined) calls.set(frame, [call]);
  else list.push(call);
}

function take(calls: Map<Frame, (() => void)[]>, frame: Frame): readonly (() => void)[] {
  const list = calls.get(frame) ?? [];
  calls.delete(frame);
  return list;
}

function run(calls: Map<Frame, (() => void)[]>, frame: Frame): void {
  for (const call of take(calls, frame)) call();
}

import type { AppendFrame } from '@shale/codec';
import type { CommitResult } from '@shale/storage';
import type { Caller } from './caller.js';
import { contentsOf, type FrameContents, mergeFrames, splitResult } from './merge-frames.js';

/** So many bytes, or appends, are not waited for to become more. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_APPENDS = 8192;

/** A frame that is to be written. */
export interface GroupedFrame {
  readonly frame: AppendFrame;
  readonly caller: Caller;
  /** Where its times are noted; -1 for nowhere. */
  readonly slot: number;
}

interface Waiting extends GroupedFrame {
  readonly contents: FrameContents;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit over all who send frames to a shard: those that come in one turn of the thread's event loop, while it was
 * busy with the write before, are written as one, with one sync. In the order in which they came, so that nobody is
 * preferred; each has only so many under way.
 */
export class CommitGroup {
  readonly #commit: (frame: AppendFrame, of: readonly GroupedFrame[]) => CommitResult;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #appends = 0;
  #isAwaited = false;

  readonly #timed: (work: () => void) => void;

  /**
   * @param commit writes a frame that does what several do
   * @param timed calls what is not done for a task of its own
   */
  constructor(
    commit: (frame: AppendFrame, of: readonly GroupedFrame[]) => CommitResult,
    timed: (work: () => void) => void,
  ) {
    this.#commit = commit;
    this.#timed = timed;
  }

  /** Whether anything waits to be written. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves once it is written. */
  add(grouped: GroupedFrame): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      const contents = contentsOf(grouped.frame);
      // What comes behind a drop must see that the table is gone.
      if (contents.drops > 0) this.flush();
      this.#waiting.push({ ...grouped, contents, resolve, reject });
      this.#bytes += grouped.frame.data.length;
      this.#appends += grouped.frame.appendCount;
      if (contents.drops > 0 || this.#bytes >= MOST_BYTES || this.#appends >= MOST_APPENDS) this.flush();
      else this.#flushSoon();
    });
  }

  /** Writes what waits. Whatever looks at tables calls it before. */
  flush(): void {
    const parts = this.#waiting;
    if (parts.length === 0) return;
    this.#waiting = [];
    this.#bytes = 0;
    this.#appends = 0;
    try {
      const result = this.#commit(mergeFrames(parts.map(({ frame }) => frame)), parts);
      const results = parts.length === 1 ? [result] : splitResult(result, parts);
      for (const [index, part] of parts.entries()) part.resolve(results[index] ?? result);
    } catch (error) {
      for (const { reject } of parts) reject(error);
    }
  }

  /** Once all messages that are there are taken: the loop comes to immediates behind them. */
  #flushSoon(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    setImmediate(() => {
      this.#isAwaited = false;
      if (this.#waiting.length > 0) this.#timed(() => this.flush());
    });
  }
}

import { sharedNow } from '../clock.js';
import { HISTOGRAM_CELLS, Histogram, type HistogramSnapshot } from './histogram.js';
import { ShardCells, SLOTS, UNITS_PER_MS } from './shard-cells.js';

/** The stretches of the way of a frame, in order. */
export type FramePhase = 'fill' | 'thread' | 'write' | 'answer';

/** Milliseconds of each stretch of the way of a frame. */
export interface FramePhases {
  /** From its first append until it is sent: it waits for the frames before it, and fills meanwhile. */
  readonly fill: number;
  /** From then on until the shard's thread takes it up: the thread is busy, or has to wake. */
  readonly thread: number;
  /** The write itself, with the sync if it asks for stable storage. */
  readonly write: number;
  /** Until the thread that sent it takes the answer: its event loop is busy, or has to wake. */
  readonly answer: number;
}

/** What a frame says of itself. */
export interface MeasuredFrame {
  /** When it was begun, by the clock that threads share. */
  readonly begunAt: number;
  /** Whether anything in it asked for stable storage. */
  readonly sync: boolean;
  readonly appendCount: number;
  /** Trims and drops. */
  readonly removalCount: number;
  readonly entryCount: number;
  /** Payload bytes. */
  readonly byteCount: number;
}

/** One shard, measured since the WAL was opened. */
export interface ShardMeasures {
  /**
   * Milliseconds that each append took from when it had room and a name until it was answered, counted as those of the
   * oldest append in its frame. Writes over tables of several shards are not in it.
   */
  readonly appendMs: HistogramSnapshot;
  /** The same of trims and drops. */
  readonly removalMs: HistogramSnapshot;
  /** Milliseconds of each write that was to be on stable storage, whether it failed or not. */
  readonly syncWriteMs: HistogramSnapshot;
  /** Milliseconds of each write that was left to the operating system. */
  readonly osWriteMs: HistogramSnapshot;
  /** Entries in each frame that was answered. */
  readonly frameEntries: HistogramSnapshot;
  /** Payload bytes in each frame that was answered. */
  readonly frameBytes: HistogramSnapshot;
  /** Where those frames spent their time, summed up, in milliseconds. */
  readonly phasesMs: FramePhases;
  /** Milliseconds that the shard's threads have spent in tasks. */
  readonly busyMs: number;
}

/** What is measured of one shard: what its frames take as this thread sees it, and what the shard's thread notes. */
export class ShardMetrics {
  /** What the shard's thread writes. */
  readonly memory: SharedArrayBuffer = ShardCells.memory();
  readonly #cells = new ShardCells(this.memory);
  readonly #append = histogram(UNITS_PER_MS);
  readonly #removal = histogram(UNITS_PER_MS);
  readonly #frameEntries = histogram(1);
  readonly #frameBytes = histogram(1);
  #fill = 0;
  #thread = 0;
  #write = 0;
  #answer = 0;
  #slot = 0;

  /** A slot for the times of the next frame. */
  nextSlot(): number {
    this.#slot = (this.#slot + 1) % SLOTS;
    return this.#slot;
  }

  /** A frame was answered; returns where its time went. */
  answered(frame: MeasuredFrame, slot: number, sentAt: number): FramePhases {
    const now = sharedNow();
    const { startedAt, endedAt } = this.#cells.timesOf(slot);
    const took = now - frame.begunAt;
    if (frame.appendCount > 0) this.#append.record(took, frame.appendCount);
    if (frame.removalCount > 0) this.#removal.record(took, frame.removalCount);
    this.#frameEntries.record(frame.entryCount);
    this.#frameBytes.record(frame.byteCount);
    const fill = sentAt - frame.begunAt;
    const thread = startedAt - sentAt;
    const write = endedAt - startedAt;
    const answer = now - endedAt;
    this.#fill += fill;
    this.#thread += thread;
    this.#write += write;
    this.#answer += answer;
    return { fill, thread, write, answer };
  }

  /** What the shard has written, whichever thread sent it. */
  get written(): ShardCells['written'] {
    return this.#cells.written;
  }

  snapshot(): ShardMeasures {
    const { sync, os } = this.#cells.commits;
    return {
      appendMs: this.#append.snapshot(),
      removalMs: this.#removal.snapshot(),
      syncWriteMs: sync.snapshot(),
      osWriteMs: os.snapshot(),
      frameEntries: this.#frameEntries.snapshot(),
      frameBytes: this.#frameBytes.snapshot(),
      phasesMs: { fill: this.#fill, thread: this.#thread, write: this.#write, answer: this.#answer },
      busyMs: this.#cells.busyMs,
    };
  }
}

function histogram(unitsPerOne: number): Histogram {
  return new Histogram(new Float64Array(HISTOGRAM_CELLS), unitsPerOne);
}

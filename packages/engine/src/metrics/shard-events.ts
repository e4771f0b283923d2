import { channel } from 'node:diagnostics_channel';
import type { WalError } from '@shale/codec';
import type { HealthPlace } from '../health-channel.js';
import type { FramePhase, FramePhases, MeasuredFrame } from './shard-metrics.js';

/**
 * What the channel `shale:commit` of `node:diagnostics_channel` says, in the thread that opened the WAL: a shard has
 * answered a frame, or it has failed. Writes over tables of several shards are not told.
 */
export interface CommitEvent extends HealthPlace {
  /** The shard's number, from 0. */
  readonly shard: number;
  /** Whether anything in it asked for stable storage. */
  readonly durability: 'sync' | 'os';
  /** Appends in it. */
  readonly appends: number;
  /** Their entries. */
  readonly entries: number;
  /** Their payload bytes. */
  readonly bytes: number;
  /** Trims and drops in it. */
  readonly removals: number;
  /** Where its time went; null when it failed as a whole. */
  readonly phasesMs: FramePhases | null;
  /** What took the longest of that: the cause, when it was slow. */
  readonly longest: FramePhase | null;
  /** Why it failed as a whole; null when it was answered. */
  readonly error: WalError | null;
}

/** What the channel `shale:shard` says: the thread of a shard is gone, there is another one, or there is none for good. */
export interface ShardEvent extends HealthPlace {
  /** What became of it. */
  readonly type: 'lost' | 'replaced' | 'failed';
  /** The shard's number, from 0. */
  readonly shard: number;
  /** Why the thread is gone, or why there is none. */
  readonly cause: unknown;
}

const COMMIT = channel('shale:commit');
const SHARD = channel('shale:shard');

/** Tells those who listen what happens in one shard. Costs nothing when nobody does. */
export class ShardEvents {
  readonly #place: HealthPlace;
  readonly #shard: number;

  constructor({ path, instance }: HealthPlace, shard: number) {
    this.#place = { path, instance };
    this.#shard = shard;
  }

  answered(frame: MeasuredFrame, phases: FramePhases): void {
    if (COMMIT.hasSubscribers) COMMIT.publish(this.#commit(frame, phases, null));
  }

  failed(frame: MeasuredFrame, error: WalError): void {
    if (COMMIT.hasSubscribers) COMMIT.publish(this.#commit(frame, null, error));
  }

  lost(cause: unknown): void {
    this.#tell('lost', cause);
  }

  replaced(): void {
    this.#tell('replaced', undefined);
  }

  gaveUp(cause: WalError): void {
    this.#tell('failed', cause);
  }

  #commit(frame: MeasuredFrame, phasesMs: FramePhases | null, error: WalError | null): CommitEvent {
    return {
      ...this.#place,
      shard: this.#shard,
      durability: frame.sync ? 'sync' : 'os',
      appends: frame.appendCount,
      entries: frame.entryCount,
      bytes: frame.byteCount,
      removals: frame.removalCount,
      phasesMs,
      longest: phasesMs === null ? null : longestOf(phasesMs),
      error,
    };
  }

  #tell(type: ShardEvent['type'], cause: unknown): void {
    if (!SHARD.hasSubscribers) return;
    SHARD.publish({ ...this.#place, type, shard: this.#shard, cause } satisfies ShardEvent);
  }
}

function longestOf({ fill, thread, write, answer }: FramePhases): FramePhase {
  const longest = Math.max(fill, thread, write, answer);
  if (write === longest) return 'write';
  if (thread === longest) return 'thread';
  return fill === longest ? 'fill' : 'answer';
}

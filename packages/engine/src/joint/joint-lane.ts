import { decodeAppendReply, errorFromData, WalError } from '@shale/codec';
import type { BufferPool } from '../frames/buffer-pool.js';
import { Frame } from '../frames/frame.js';
import type { FrameWatcher } from '../frames/frame-watcher.js';
import { type PendingChange, refsOf } from '../frames/pending-append.js';
import { lost, type Shard } from '../shard/shard.js';
import type { Address } from '../table-ref.js';
import { byShard, type ShardTables } from './joint-commit.js';
import { type LaneTable, LaneTables } from './lane-tables.js';

/** What the lane needs of the WAL. */
export interface JointLaneContext {
  readonly pool: BufferPool;
  readonly shards: readonly Shard[];
  readonly watcher: FrameWatcher;
  /** Writes a frame over tables of several shards: see `commitJointly`. */
  commit(tables: readonly ShardTables[], frame: Uint8Array): Promise<Uint8Array>;
  /** A frame is settled: gives back what it had booked, and looks at its error. */
  settled(frame: Frame, error: WalError | null): void;
}

/** What goes through the lane at a time. */
interface Load {
  readonly tables: Set<LaneTable>;
  readonly frame: Frame;
  /** Calls to make when it is settled. */
  readonly after: (() => void)[];
}

/**
 * Group commit for writes over tables of several shards. They share frames as the appends to one shard do: while a
 * frame is under way the next one fills. As long as anything in the lane concerns a table, whatever else is done to
 * that table goes there, too, so that the order per table holds; all other tables keep to their shards.
 */
export class JointLane {
  readonly #context: JointLaneContext;
  readonly #tables = new LaneTables();
  /** What waits for its turn, oldest first. The last one may still fill. */
  readonly #queue: Load[] = [];
  /** What is under way. */
  #sent: Load | null = null;
  #state: 'idle' | 'scheduled' | 'busy' = 'idle';

  constructor(context: JointLaneContext) {
    this.#context = context;
  }

  /** Whether a change has to go here: it concerns several shards, or a table that is in here. */
  wants(change: PendingChange): boolean {
    const address = change.ref?.address ?? null;
    if (change.kind !== 'write') return address !== null && this.has(address);
    return change
      .refs()
      .some((ref) => ref.address !== null && (ref.address.shard !== address?.shard || this.has(ref.address)));
  }

  /** Whether a table is in here. */
  has(address: Address): boolean {
    return this.#tables.find(address) !== undefined;
  }

  /** Copies an append, trim or drop into a frame, whole, or throws and has nothing of it. `wake` sends it. */
  append(change: PendingChange): void {
    // In a frame, an append does not know its tables any more.
    const refs = refsOf(change);
    const load = this.#take(change);
    for (const { address } of refs) if (address !== null) this.#enter(load, address);
  }

  /** Something was added. */
  wake(): void {
    if (this.#state !== 'idle' || this.#queue.length === 0) return;
    this.#state = 'scheduled';
    // At the end of the burst of microtasks, so that what is written in one tick shares a frame.
    queueMicrotask(() => process.nextTick(() => void this.#run()));
  }

  /** Calls `follow` when everything taken in so far is settled: at once if that is so already. */
  afterSettled(follow: () => void): void {
    const last = this.#queue.at(-1) ?? this.#sent;
    if (last === null) follow();
    else last.after.push(follow);
  }

  /**
   * Rejects everything that was not sent yet; returns what it had booked.
   *
   * @param spare what is not rejected
   */
  failUnsent(error: WalError, spare: (change: PendingChange) => boolean): number {
    let cost = 0;
    const spared: PendingChange[] = [];
    const after: (() => void)[] = [];
    for (const load of this.#queue.splice(0)) {
      for (const change of load.frame.changes) {
        if (spare(change)) {
          spared.push(change);
          continue;
        }
        change.reject(error);
        cost += change.cost;
      }
      after.push(...load.after.splice(0));
      this.#leave(load);
    }
    for (const change of spared) this.append(change);
    for (const call of after) this.afterSettled(call);
    this.wake();
    return cost;
  }

  /** The load whose frame has the change now. */
  #take(change: PendingChange): Load {
    const last = this.#queue.at(-1);
    if (last?.frame.fits(change) === true) {
      last.frame.add(change);
      return last;
    }
    const frame = Frame.holding(change, this.#context.pool);
    const load: Load = { tables: new Set(), frame, after: [] };
    this.#queue.push(load);
    return load;
  }

  #enter(load: Load, address: Address): void {
    const table = this.#tables.find(address) ?? this.#tables.enter(address, this.#whenSent(address));
    if (load.tables.has(table)) return;
    load.tables.add(table);
    table.unsettled++;
  }

  /** Resolves when what the table's shard was given so far is sent. */
  #whenSent(address: Address): Promise<void> {
    return new Promise((resolve) => this.#context.shards[address.shard]?.afterSent(resolve));
  }

  async #run(): Promise<void> {
    this.#state = 'busy';
    for (let load = this.#queue.shift(); load !== undefined; load = this.#queue.shift()) {
      this.#sent = load;
      await this.#send(load);
      this.#sent = null;
      this.#leave(load);
    }
    this.#state = 'idle';
  }

  /** It is settled. */
  #leave(load: Load): void {
    for (const table of load.tables) this.#tables.settled(table);
    for (const call of load.after) call();
  }

  /** Never rejects. */
  async #send({ frame, tables: laneTables }: Load): Promise<void> {
    const { watcher } = this.#context;
    let failure: WalError | null = null;
    let writer: Shard | undefined;
    try {
      await Promise.all([...laneTables].map(({ sent }) => sent));
      const tables = byShard(
        [...laneTables].map(({ address }) => address),
        this.#context.shards,
      );
      writer = tables.at(-1)?.shard;
      writer?.count(frame);
      const isTold = writer?.isTold === true;
      const answer = await this.#write(frame, tables);
      const reply = decodeAppendReply(answer);
      frame.settle(reply);
      if (watcher.isWatching && frame.outline !== null && !isTold)
        watcher.settled(frame.outline, reply, frame.sync);
      // Appends alone were refused: trims and drops found room.
      const full = reply.errors.find(({ error }) => error.code === 'SHALE_NO_SPACE');
      if (full !== undefined) failure = errorFromData(full.error);
      this.#context.pool.give(answer.buffer as ArrayBuffer);
    } catch (cause) {
      const error = cause instanceof WalError ? cause : unknown(cause);
      failure = error;
      if (writer !== undefined) writer.counters.failedFrames++;
      const isLost = error.code === 'SHALE_OUTCOME_UNKNOWN';
      frame.fail((change) => (isLost ? lost(change.kind, error) : error));
      if (isLost && watcher.isWatching && frame.outline !== null) watcher.lost(frame.outline);
    }
    this.#context.settled(frame, failure);
  }

  /** Writes a frame; tables of one shard alone need no loan. */
  async #write(frame: Frame, tables: readonly ShardTables<Shard>[]): Promise<Uint8Array> {
    const [only, ...others] = tables;
    // It is under way for long: who comes meanwhile is told of it, too.
    const message = frame.seal(true);
    if (only === undefined || others.length > 0) return await this.#context.commit(tables, message);
    return await only.shard.write(message);
  }
}

function unknown(cause: unknown): WalError {
  const message = 'the answer to a write cannot be read: it may or may not be in';
  return new WalError('SHALE_OUTCOME_UNKNOWN', message, { cause });
}

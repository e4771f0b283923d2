import { setTimeout as sleep } from 'node:timers/promises';
import { encodeReplicaHeader, type ReplicaHeader, type WalError } from '@shale/codec';
import type { Link } from './connect.js';
import { damaged } from './damage.js';
import { becomeOwner, fenced, type OwnerRecord, readOwner, type Writer } from './owner.js';
import { type Answer, MOST_OF_BATCH, type Outgoing, publish } from './publish.js';

/** A message that has no epoch and frame yet. */
export interface Draft {
  readonly subject: string;
  readonly header: Omit<ReplicaHeader, 'epoch' | 'frame'>;
  readonly payload: Uint8Array;
}

/** Messages that are there together or not at all, and whoever waits for them. */
interface Unit {
  readonly drafts: readonly Draft[];
  readonly bytes: number;
  readonly resolve: (sequence: number) => void;
  readonly reject: (error: WalError) => void;
}

/** An atomic batch that is under way. */
interface Frame {
  readonly units: readonly Unit[];
  readonly messages: readonly Outgoing[];
  /** The sequence of its first message, if all before it comes. */
  start: number;
}

/** Frames under way at a time. */
const MOST_FRAMES = 16;
/** Bytes that a frame takes, but for a larger unit. */
const MOST_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
/** How long it rests when frames are refused though it is the owner: longer each time, up to the longest. */
const FIRST_REST_MS = 50;
const LONGEST_REST_MS = 2000;

/**
 * Writes to one partition as its owner. Every frame expects the stream to end with the one before, so that frames can be under
 * way together and none comes twice, or without those before it. When an answer does not come, or is another one than
 * expected, a new record of the owner settles which frames are in; the others are sent again.
 *
 *   open ◄──► settling ──► failed
 *     └──────────┴───────► closed
 */
export class PartitionWriter {
  readonly #link: Link;
  readonly #partition: number;
  readonly #abort = new AbortController();
  readonly #queue: Unit[] = [];
  /** In their order. */
  #frames: Frame[] = [];
  #owner: OwnerRecord;
  /** The sequence that the stream ends with when all frames are in. */
  #end: number;
  /** The last one that is known to be in. */
  #known: number;
  #frame = 0n;
  #state: 'open' | 'settling' | 'failed' | 'closed' = 'open';
  #failure: WalError | null = null;
  /** Answers to what was sent before it are of no interest any more. */
  #round = 0;
  /** How often in a row it has settled, and no frame has come through after that. */
  #fruitless = 0;
  /** What keeps frames from coming through now; null when nothing does. */
  trouble: Error | null = null;
  /** Called when it fails for good. */
  onFailure: (error: WalError) => void = () => undefined;

  private constructor(link: Link, partition: number, owner: OwnerRecord) {
    this.#link = link;
    this.#partition = partition;
    this.#owner = owner;
    this.#end = owner.sequence;
    this.#known = owner.sequence;
  }

  /**
   * Takes the partition over. Rejects with SHALE_UNAVAILABLE, SHALE_CORRUPT, and with SHALE_FENCED when yet another writer
   * does so at the same time.
   *
   * @param accept throws when what was written by another log must not be gone on with
   */
  static async open(
    link: Link,
    partition: number,
    writer: Writer,
    accept: (before: OwnerRecord) => void,
  ): Promise<PartitionWriter> {
    const before = await readOwner(link, partition);
    if (before !== null) accept(before);
    // At an opening trouble is told to who opens, and not waited out.
    const abort = new AbortController();
    const owner = await becomeOwner(link, partition, writer, before, abort.signal, (error) =>
      abort.abort(error),
    );
    return new PartitionWriter(link, partition, owner);
  }

  /** The sequence of the own record in the stream. */
  get ownerSequence(): number {
    return this.#owner.sequence;
  }

  /** Units that wait, and frames that are under way. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#frames.length === 0;
  }

  /**
   * Writes messages, all or none, behind everything that was given before. Resolves with the sequence in the stream of the
   * last one, when a majority has them. Waits as long as the cluster does not answer. Rejects with SHALE_FENCED,
   * SHALE_CORRUPT, and with what it was closed with.
   */
  write(drafts: readonly Draft[]): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      const bytes = drafts.reduce((sum, { payload }) => sum + payload.length, 0);
      this.#queue.push({ drafts, bytes, resolve, reject });
      // What is given in the same turn goes into the same frame.
      if (this.#queue.length === 1) setImmediate(() => this.#pump());
    });
  }

  /** Ends it: what is not in yet is rejected with the error, and may be in or not. */
  close(error: WalError): void {
    if (this.#state === 'failed' || this.#state === 'closed') return;
    this.#state = 'closed';
    this.#endWith(error);
  }

  #pump(): void {
    while (this.#state === 'open' && this.#frames.length < MOST_FRAMES && this.#queue.length > 0) {
      const frame = this.#nextFrame();
      this.#frames.push(frame);
      this.#send(frame);
    }
  }

  #nextFrame(): Frame {
    const units: Unit[] = [];
    let messages = 0;
    let bytes = 0;
    for (const unit of this.#queue) {
      const isFull = messages + unit.drafts.length > MOST_OF_BATCH || bytes + unit.bytes > MOST_BYTES;
      if (units.length > 0 && isFull) break;
      units.push(unit);
      messages += unit.drafts.length;
      bytes += unit.bytes;
    }
    this.#queue.splice(0, units.length);
    const { epoch } = this.#owner;
    const frame = ++this.#frame;
    const drafts = units.flatMap((unit) => unit.drafts);
    return {
      units,
      messages: drafts.map(({ subject, header, payload }) => ({
        subject,
        header: encodeReplicaHeader({ ...header, epoch, frame }),
        payload,
      })),
      start: 0,
    };
  }

  #send(frame: Frame): void {
    const expected = this.#end;
    frame.start = expected + 1;
    this.#end += frame.messages.length;
    const round = this.#round;
    const batch = `${this.#owner.token}-${expected}`;
    const { connection } = this.#link;
    publish(connection, frame.messages, { lastSequence: expected }, batch, TIMEOUT_MS).then(
      (answer) => this.#answered(frame, answer, round),
      (error: unknown) => this.#unanswered(error, round),
    );
  }

  #answered(frame: Frame, answer: Answer, round: number): void {
    if (round !== this.#round || this.#state !== 'open') return;
    const end = endOf(frame);
    if (answer.is === 'refused' || answer.sequence !== end) {
      const what = answer.is === 'refused' ? answer.description : `the message ${end} is ${answer.sequence}`;
      this.#unanswered(new Error(what), round);
      return;
    }
    // Those before it are in: it expected them.
    this.#confirm(end);
    this.#fruitless = 0;
    this.trouble = null;
    this.#pump();
  }

  #unanswered(error: unknown, round: number): void {
    if (round !== this.#round || this.#state !== 'open') return;
    this.trouble = error instanceof Error ? error : new Error(String(error));
    this.#state = 'settling';
    this.#round++;
    this.#settle().catch((failure: WalError) => this.#fail(failure));
  }

  async #settle(): Promise<void> {
    const { token, source } = this.#owner;
    if (this.#fruitless > 0) {
      const rest = Math.min(FIRST_REST_MS * 2 ** (this.#fruitless - 1), LONGEST_REST_MS);
      await sleep(rest, undefined, { signal: this.#abort.signal });
    }
    this.#fruitless++;
    const owner = await becomeOwner(
      this.#link,
      this.#partition,
      { token, source },
      this.#owner,
      this.#abort.signal,
      (error) => {
        this.trouble = error;
      },
    );
    if (this.#state !== 'settling') return;
    const reached = owner.sequence - 1;
    const { url } = this.#link.place;
    if (reached < this.#known) {
      throw damaged(
        url,
        `partition ${this.#partition} ends at ${reached}, though messages up to ${this.#known} were acknowledged: a server was started with older files, or lost some`,
        { partition: this.#partition, expected: this.#known, actual: reached },
      );
    }
    // A record of this writer's whose answer never came lies before the one that settles.
    const ends = [this.#known, ...this.#frames.map(endOf)];
    if (!ends.includes(reached)) throw fenced(url, this.#partition);
    this.#confirm(reached);
    this.#owner = owner;
    this.#known = owner.sequence;
    this.#end = owner.sequence;
    this.#state = 'open';
    if (this.#frames.length === 0) this.trouble = null;
    for (const frame of this.#frames) this.#send(frame);
    this.#pump();
  }

  /** Everything up to a message of the stream is in. */
  #confirm(sequence: number): void {
    if (sequence > this.#known) this.#known = sequence;
    while (this.#frames[0] !== undefined && endOf(this.#frames[0]) <= sequence) {
      const frame = this.#frames.shift();
      let at = (frame?.start ?? 0) - 1;
      for (const unit of frame?.units ?? []) {
        at += unit.drafts.length;
        unit.resolve(at);
      }
    }
  }

  #fail(error: WalError): void {
    if (this.#state === 'failed' || this.#state === 'closed') return;
    this.#state = 'failed';
    this.#endWith(error);
    this.onFailure(error);
  }

  #endWith(error: WalError): void {
    this.#failure = error;
    this.#round++;
    this.#abort.abort(error);
    const waiting = [...this.#frames.flatMap(({ units }) => units), ...this.#queue];
    this.#frames = [];
    this.#queue.length = 0;
    for (const unit of waiting) unit.reject(error);
  }
}

function endOf({ start, messages }: Frame): number {
  return start + messages.length - 1;
}

import type { StoredMsg } from '@nats-io/jetstream';
import {
  decodeReplicaEntries,
  decodeReplicaHeader,
  nextAfter,
  REPLICA_HEADER,
  type ReplicaHeader,
  type TableId,
} from '@shale/codec';
import { damaged } from './damage.js';

/** Consecutive entries of a table. */
export interface ReplicaEntries {
  readonly table: TableId;
  /** The sequence of the first one. */
  readonly first: bigint;
  readonly payloads: readonly Uint8Array[];
}

/**
 * Puts the messages of one table together again, in their order, and makes sure that none is missing: entries follow on each
 * other without a hole, but where a mark says so.
 */
export class TableReader {
  readonly #url: string;
  readonly #table: TableId;
  /** All before has no entries any more. */
  readonly #floor: bigint;
  /** The sequence that comes next; null before the first message. */
  #next: bigint | null = null;
  #pieces: Uint8Array[] = [];

  /** @param floor what the last message of the table says */
  constructor(url: string, table: TableId, floor: bigint) {
    this.#url = url;
    this.#table = table;
    this.#floor = floor;
  }

  /** The sequence that comes next; 1n for a table without messages. */
  get next(): bigint {
    return this.#next ?? 1n;
  }

  /** The entries of the next message; null when it has none that are whole. Throws SHALE_CORRUPT. */
  take(message: StoredMsg): ReplicaEntries | null {
    const header = this.#headerOf(message);
    if (header.kind === 'drop') {
      this.#next = 1n;
      return null;
    }
    if (header.kind === 'mark') {
      if (this.#next !== null && header.first < this.#next)
        throw this.#wrong(message, 'a mark lies before entries');
      this.#next = header.first;
      return null;
    }
    if (header.kind !== 'entries') throw this.#wrong(message, `it is a message of kind ${header.kind}`);
    this.#requireNext(header, message);
    const bytes = this.#whole(header, message);
    if (bytes === null) return null;
    const payloads = decodeReplicaEntries(bytes, header.count);
    this.#next = nextAfter(header);
    const gone = this.#floor > header.first ? Number(this.#floor - header.first) : 0;
    if (gone >= payloads.length) return null;
    return { table: this.#table, first: header.first + BigInt(gone), payloads: payloads.slice(gone) };
  }

  /** Throws SHALE_CORRUPT unless it has come to where the table ends. */
  requireEnd(next: bigint): void {
    if (this.#pieces.length === 0 && this.next === next) return;
    throw damaged(
      this.#url,
      `the entries ${this.next} to ${next - 1n} are missing`,
      { expected: next, actual: this.next },
      this.#table,
    );
  }

  #headerOf(message: StoredMsg): ReplicaHeader {
    const text = message.header.get(REPLICA_HEADER);
    if (text === '') throw this.#wrong(message, 'it has no header');
    return decodeReplicaHeader(text);
  }

  /** What lies before the floor may be there, in part. */
  #requireNext({ first }: ReplicaHeader, message: StoredMsg): void {
    const isFirst = this.#next === null;
    if (isFirst ? first <= this.#floor : first === this.#next) return;
    const expected = this.#next ?? this.#floor;
    throw first > expected
      ? damaged(
          this.#url,
          `the entries ${expected} to ${first - 1n} are missing before message ${message.seq}: a server has lost messages`,
          { expected, actual: first, sequence: message.seq },
          this.#table,
        )
      : this.#wrong(message, `entries from ${first} come a second time`);
  }

  #whole({ part, parts }: ReplicaHeader, message: StoredMsg): Uint8Array | null {
    if (part !== this.#pieces.length + 1)
      throw this.#wrong(message, `it is part ${part} of ${parts} of an entry`);
    if (parts === 1) return message.data;
    this.#pieces.push(message.data);
    if (part < parts) return null;
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return whole;
  }

  #wrong(message: StoredMsg, what: string): Error {
    return damaged(
      this.#url,
      `message ${message.seq} is not what was written: ${what}`,
      { sequence: message.seq },
      this.#table,
    );
  }
}

import { channel } from 'node:diagnostics_channel';
import type { TableId, WalError } from '@shale/codec';
import type { HealthPlace } from '../health-channel.js';

/** Which of the consumers that are open it is. */
export interface ConsumerPlace extends HealthPlace {
  /** The name that it was opened with. */
  readonly name: string;
  /** Which part of its tables it has; null for all. */
  readonly partition: {
    /** Which one it is, from 0. */
    readonly index: number;
    /** How many there are. */
    readonly of: number;
  } | null;
}

/** What the channel `shale:consumer` of `node:diagnostics_channel` says, in the thread that opened the WAL. */
export type ConsumerEvent = ConsumerStateEvent | ConsumerFencedEvent | ConsumerGapEvent;

/** A consumer was opened, or closed, by itself or with the WAL. One that was fenced is not told again when it is closed. */
export interface ConsumerStateEvent extends ConsumerPlace {
  /** Tells the kinds of events apart. */
  readonly type: 'opened' | 'closed';
}

/** A consumer has ended for good: its name was opened again, or dropped. */
export interface ConsumerFencedEvent extends ConsumerPlace {
  /** Tells the kinds of events apart. */
  readonly type: 'fenced';
  /** What it fails with, of code SHALE_FENCED. */
  readonly error: WalError;
}

/** A consumer was not given entries of a table, for they are gone: its iteration fails, or tells it. */
export interface ConsumerGapEvent extends ConsumerPlace {
  /** Tells the kinds of events apart. */
  readonly type: 'gap';
  /** The ids of the table. */
  readonly table: TableId;
  /** The sequence that was to come next. */
  readonly expected: bigint;
  /** The sequence that what is left begins with; 0n when the table was dropped. */
  readonly first: bigint;
}

const CONSUMER = channel('shale:consumer');

/** Tells those who listen what becomes of a consumer. */
export class ConsumerEvents {
  readonly #place: ConsumerPlace;
  #isOpen = false;

  constructor({ path, instance, name, partition }: ConsumerPlace) {
    this.#place = { path, instance, name, partition };
  }

  opened(): void {
    this.#isOpen = true;
    if (CONSUMER.hasSubscribers) this.#tell({ ...this.#place, type: 'opened' });
  }

  closed(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (CONSUMER.hasSubscribers) this.#tell({ ...this.#place, type: 'closed' });
  }

  fenced(error: WalError): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (CONSUMER.hasSubscribers) this.#tell({ ...this.#place, type: 'fenced', error });
  }

  gap({ region, table }: TableId, expected: bigint, first: bigint): void {
    // Whoever listens may do with it what they like.
    const ids = { region, table };
    if (CONSUMER.hasSubscribers) this.#tell({ ...this.#place, type: 'gap', table: ids, expected, first });
  }

  #tell(event: ConsumerEvent): void {
    CONSUMER.publish(event);
  }
}

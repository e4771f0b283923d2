import type { TableId } from '@shale/codec';
import type { ConsumerMetrics } from './metrics/consumer-metrics.js';

/** Which part of the tables a consumer is for; null for all of them. */
type Part = { readonly index: number; readonly of: number } | null;

/** A consumer that is open. */
export interface OpenConsumer {
  readonly name: string;
  readonly partition: Part;
  /** Whether a table is one of its own. */
  has(table: TableId): Promise<boolean>;
  /** Moves its position behind a sequence of a table of its own; false when it is closed, or fenced. */
  seek(table: TableId, after: bigint): Promise<boolean>;
  /** What is told of it. */
  metrics(): ConsumerMetrics;
  /** It writes no position any more: resolves when none is under way. */
  fence(): Promise<void>;
  /** The WAL goes on after a full disk. Rejects when that cannot be recorded yet. */
  resumed(): Promise<void>;
  /** The WAL begins to close: what is acknowledged is stored, and nothing more is handed out. */
  end(): void;
}

/** The consumers that are open, so that a name has one for each table. */
export class OpenConsumers {
  readonly #open = new Set<OpenConsumer>();
  /** How many were fenced. */
  fenced = 0;
  /** Openings and drops of a name, one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** Those that are open now. */
  [Symbol.iterator](): IterableIterator<OpenConsumer> {
    return this.#open.values();
  }

  /** Does something with a name when what was begun with it before is done. */
  async inTurn<R>(name: string, act: () => Promise<R>): Promise<R> {
    const before = this.#turns.get(name) ?? Promise.resolve();
    const mine = before.then(act);
    const turn = mine.catch(() => undefined);
    this.#turns.set(name, turn);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(name) === turn) this.#turns.delete(name);
    }
  }

  /** Fences those of a name that have a table in common with a part. */
  async fence(name: string, partition: Part): Promise<void> {
    const others = [...this.#open].filter(
      (other) => other.name === name && overlap(other.partition, partition),
    );
    await Promise.all(others.map((other) => other.fence()));
  }

  add(consumer: OpenConsumer): void {
    this.#open.add(consumer);
  }

  delete(consumer: OpenConsumer): void {
    this.#open.delete(consumer);
  }

  /** The WAL goes on after a full disk. What cannot be recorded even so is so before it is needed. */
  resumed(): void {
    for (const consumer of [...this.#open]) consumer.resumed().catch(() => undefined);
  }

  end(): void {
    for (const consumer of [...this.#open]) consumer.end();
  }
}

function overlap(one: Part, other: Part): boolean {
  if (one === null || other === null) return true;
  return one.of !== other.of || one.index === other.index;
}

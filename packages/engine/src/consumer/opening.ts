import { type ConsumerRecord, type RecordTarget, WalError } from '@shale/codec';
import type { Engine } from '../engine.js';
import { findConsumer, noticed } from './stored-consumers.js';

/**
 * One opening of a consumer as the log knows it. On a full disk it cannot be recorded: then the consumer is what the log
 * knew of it before, and its opening is recorded when that goes, before anything else of it is written. Until then
 * nothing that is stored says that it was opened, and those of this process are kept apart by fencing alone.
 */
export class Opening {
  /** What the log knows of the consumer; null when that is nothing yet. */
  #known: ConsumerRecord | null;
  /** Records the opening; null once that is done. */
  #write: (() => Promise<ConsumerRecord>) | null;
  #recording: Promise<ConsumerRecord> | null = null;

  private constructor(known: ConsumerRecord | null, write: (() => Promise<ConsumerRecord>) | null) {
    this.#known = known;
    this.#write = write;
  }

  /** One that is recorded. */
  static of(record: ConsumerRecord): Opening {
    return new Opening(record, null);
  }

  /** Opens a consumer; on a full disk without a record of that. Rejects as a write does otherwise. */
  static async begin(engine: Engine, name: string, target: RecordTarget): Promise<Opening> {
    const write = async (): Promise<ConsumerRecord> => {
      const record = await noticed(engine, () =>
        engine.shard(0).request<'consumerOpen'>({ kind: 'consumerOpen', name, target }, 'retry'),
      );
      // From here on what it needs is kept: what was found needless before must be gone before it begins.
      await engine.retention.consumerCame();
      return record;
    };
    try {
      return new Opening(await write(), null);
    } catch (error) {
      if (!(error instanceof WalError) || error.code !== 'SHALE_NO_SPACE') throw error;
      return new Opening(await findConsumer(engine, name), write);
    }
  }

  /** The id by which its positions are stored; null for one that has none, for the log does not know it. */
  get consumer(): bigint | null {
    return this.#known?.consumer ?? null;
  }

  /** The consumer and the number of this opening, recorded. Rejects as a write does. */
  async record(): Promise<ConsumerRecord> {
    const write = this.#write;
    if (write === null && this.#known !== null) return this.#known;
    if (write === null) throw new WalError('SHALE_INTERNAL', 'a consumer that is recorded, and not known');
    this.#recording ??= write();
    try {
      this.#known = await this.#recording;
      this.#write = null;
      return this.#known;
    } finally {
      this.#recording = null;
    }
  }
}

// The process of the attack `consume`: appends to tables, and has a consumer copy them, until it is killed. In turns with
// another one it closes the log after a moment, and opens it again when the other one has closed it, or was killed.
import { setTimeout as pause } from 'node:timers/promises';
import { type Consumer, openWal, type Table, type Wal } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { INPUTS, OUTPUTS, TABLES } from './tables.js';

const LOCK_MS = 120_000;
const [path = '', shards = '', threadsDie = '', inTurns = ''] = process.argv.slice(2);

/** What a call may fail with: threads die. */
function isExpected(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** One opening of the log. */
class Turn {
  readonly #wal: Wal;
  #isOver = false;

  constructor(wal: Wal) {
    this.#wal = wal;
  }

  /** Works until it is over; for good if it is the only one. */
  async work(): Promise<void> {
    const producers = Array.from({ length: TABLES }, (_, table) => this.#produce(table));
    const consumed = this.#consume();
    const deaths = threadsDie === 'yes' ? setInterval(() => this.#endThread(), 150) : undefined;
    if (inTurns === 'yes') {
      await Promise.race([...producers, consumed, pause(50 + 250 * Math.random())]);
      this.#isOver = true;
    }
    await Promise.all([...producers, consumed]);
    clearInterval(deaths);
  }

  async #produce(table: number): Promise<void> {
    const input = this.#wal.table({ region: INPUTS, table });
    while (!this.#isOver) {
      // A thread that dies may have taken it: the next round sees.
      await this.#append(input, table).catch((error: unknown) => {
        if (!isExpected(error, 'SHALE_OUTCOME_UNKNOWN')) throw error;
      });
    }
  }

  async #append(input: Table, table: number): Promise<void> {
    const next = Number(await input.lastSequence()) + 1;
    const count = 1 + Math.floor(Math.random() * 20);
    await input.appendBatch(Array.from({ length: count }, (_, i) => Buffer.from(`${table}/${next + i}`)));
  }

  /** Consumes with one consumer after the other, each of which takes the name from the one before. */
  async #consume(): Promise<void> {
    let consumer = await this.#open();
    process.stdout.write('begun\n');
    while (!this.#isOver) {
      const copied = this.#copy(consumer);
      if (inTurns !== 'yes') return await copied;
      await Promise.race([copied, pause(20 + 200 * Math.random())]);
      if (this.#isOver || Math.random() < 0.5) {
        await consumer.close();
        // A batch that it was given and has not written comes again.
        await copied.catch((error: unknown) => {
          if (!isExpected(error, 'SHALE_FENCED')) throw error;
        });
        if (this.#isOver) return;
        consumer = await this.#open();
        continue;
      }
      const next = await this.#open();
      await copied.then(
        () => {
          throw new Error('a consumer was not fenced by the one that was opened after it');
        },
        (error: unknown) => {
          if (!isExpected(error, 'SHALE_FENCED')) throw error;
        },
      );
      consumer = next;
    }
  }

  async #open(): Promise<Consumer> {
    return await this.#wal.consumer('copy', { tables: this.#wal.region(INPUTS), chunkEntries: 50 });
  }

  async #copy(consumer: Consumer): Promise<void> {
    for await (const batch of consumer) {
      const table = this.#wal.table({ region: OUTPUTS, table: batch.table.table });
      const payloads = Array.from({ length: batch.length }, (_, i) => batch.payloadAt(i));
      const state = Buffer.from(String(batch.last));
      try {
        await batch.write([{ table, payloads }], { state });
      } catch (error) {
        // Closed meanwhile: it comes again, and must not be acknowledged by asking for the next one.
        if (isExpected(error, 'SHALE_CLOSED')) return;
        throw error;
      }
    }
  }

  #endThread(): void {
    const shard = Math.floor(Math.random() * Number(shards));
    void engineOf(this.#wal).shards[shard]?.thread?.worker?.terminate();
  }
}

try {
  do {
    await using wal = await openWal(path, {
      shards: Number(shards),
      durability: 'os',
      waitForLock: LOCK_MS,
    });
    await new Turn(wal).work();
  } while (inTurns === 'yes');
} catch (error) {
  console.error(error);
  process.exit(1);
}

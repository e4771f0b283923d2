import { type Durability, type Table, type Wal, WalError } from '@shale/engine';
import type { Random } from '../../support/random.js';
import type { Life } from './truth.js';

/** Changes one table at random, and keeps what it knows of it. */
export class Writer {
  readonly table: Table;
  readonly lives: Life[] = [newLife()];
  readonly #random: Random;
  readonly #drops: boolean;
  #numbers = 0;

  /** @param drops whether it drops the table now and then */
  constructor(table: Table, random: Random, drops: boolean) {
    this.table = table;
    this.#random = random;
    this.#drops = drops;
  }

  async run(operations: number): Promise<void> {
    for (let i = 0; i < operations; i++) {
      const random = this.#random;
      if (this.#drops && random.once(20)) await this.#drop();
      else if (random.once(8)) await this.#trim();
      else await this.#append();
      if (random.once(4)) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #append(): Promise<void> {
    const durability = this.#random.of<Durability>(['sync', 'os', 'os']);
    const life = this.lives.length - 1;
    const batches = Array.from({ length: 1 + this.#random.below(4) }, () => {
      const numbers = Array.from({ length: 1 + this.#random.below(6) }, () => this.#numbers++);
      const payloads = numbers.map((number) =>
        Buffer.from(`${life}/${number}/${'x'.repeat(this.#random.below(400))}`),
      );
      return this.table.appendBatch(payloads, { durability }).then(({ first }) => {
        for (const [i, number] of numbers.entries())
          this.lives[life]?.acknowledged.set(first + BigInt(i), number);
      });
    });
    for (const result of await Promise.allSettled(batches))
      if (result.status === 'rejected') requireUnknown(result.reason);
  }

  async #trim(): Promise<void> {
    const life = this.lives.at(-1);
    if (life === undefined) return;
    try {
      const last = await this.table.lastSequence();
      const upTo = last - BigInt(this.#random.below(20));
      if (upTo <= 0n) return;
      if (upTo > life.trimmed) life.trimmed = upTo;
      await this.table.trim(upTo, { durability: this.#random.of(['sync', 'os']) });
    } catch (error) {
      requireUnknown(error);
    }
  }

  async #drop(): Promise<void> {
    for (;;) {
      try {
        await this.table.drop();
        this.lives.push(newLife());
        return;
      } catch (error) {
        requireUnknown(error);
      }
    }
  }
}

function newLife(): Life {
  return { acknowledged: new Map(), trimmed: 0n };
}

function requireUnknown(error: unknown): void {
  if (!(error instanceof WalError) || error.code !== 'SHALE_OUTCOME_UNKNOWN') throw error;
}

/** The table of a writer. No two share an id, and with it a record that says what sequences come next. */
export function tableOf(wal: Wal, index: number): Table {
  return wal.table({ region: index % 2, table: 1 + index });
}

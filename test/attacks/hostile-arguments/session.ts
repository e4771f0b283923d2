import { openWal, type Table, type WalOptions } from '@shale/engine';
import { engineOf } from '#internals/engine';
import type { Random } from '../../support/random.js';
import { within } from '../parts/within.js';
import { Calls, scratchCodec } from './calls.js';
import { Checks } from './checks.js';
import type { Ledger } from './ledger.js';
import { requireRefusal } from './refusals.js';
import type { Tables } from './tables.js';

/**
 * One WAL from opening to closing: good traffic and hostile calls side by side, and a model that is asked afterwards.
 */
export class Session {
  readonly checks: Checks;
  readonly calls: Calls;
  readonly #directory: string;
  readonly #random: Random;
  readonly #tables: Tables;

  constructor(directory: string, random: Random, tables: Tables) {
    this.#directory = directory;
    this.#random = random;
    this.#tables = tables;
    this.checks = new Checks(random);
    this.calls = new Calls(directory, random, tables, this.checks);
  }

  async run(steps: number): Promise<void> {
    const random = this.#random;
    const wal = await within('opening', openWal(this.#directory, this.#options()));
    for (let step = 0; step < steps && !this.calls.haveFailed; step++) {
      this.calls.make(wal);
      if (random.once(4)) await new Promise((resolve) => setImmediate(resolve));
      await this.calls.room();
    }
    await this.calls.answered();
    const { flow } = engineOf(wal);
    const { inFlightBytes, queuedBytes, waiting } = flow;
    if (inFlightBytes !== 0 || queuedBytes !== 0 || waiting !== 0) {
      throw new Error(`left booked: ${inFlightBytes} in flight, ${queuedBytes} queued in ${waiting} appends`);
    }
    for (const { key, ledger, table } of this.#tables.of(wal)) {
      await within('a good append', appendGood(table, ledger));
      await within('comparing', ledger.compare(key, table));
    }
    await within('closing', wal.close());
  }

  /** Closes with calls under way, one of them out of the middle of a codec. */
  async end(): Promise<void> {
    const wal = await within('opening', openWal(this.#directory, this.#options()));
    for (let i = 0; i < 50; i++) this.calls.make(wal);
    const codec = scratchCodec(() => void wal.close());
    await within(
      'an append that closes',
      requireRefusal(wal.table('closing', { codec }).appendBatch([1, 2, 3])),
    );
    await within('closing', wal.close());
    await this.calls.answered();
    await using again = await within('opening again', openWal(this.#directory, { shards: 1 }));
    for (const { key, ledger, table } of this.#tables.of(again)) {
      await within('comparing', ledger.compare(key, table));
    }
  }

  #options(): WalOptions {
    const random = this.#random;
    return {
      shards: 1 + random.below(3),
      durability: 'os',
      syncWithinMs: random.of([0, 0, 5]),
      frameBytes: 16 * 1024,
      maxInFlightBytes: random.of([64 * 1024, 1024 * 1024]),
      maxQueuedBytes: random.of([0, 4096, 256 * 1024]),
      maxQueuedAppends: random.of([0, 10, 1000]),
      rocksdb: { memtable: random.of(['log', 'skiplist']) },
    };
  }
}

async function appendGood(table: Table, ledger: Ledger): Promise<void> {
  const payload = Buffer.from('good');
  const appended = table.append(payload);
  const settle = ledger.append([payload]);
  settle(await appended);
}

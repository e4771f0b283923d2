import { closedLoop } from '../load/closed-loop.js';
import { Payloads } from '../load/payloads.js';
import { seededRandom } from '../load/random.js';
import { tablePicks } from '../load/table-picks.js';
import { Latencies } from '../measure/latency.js';
import { perEntry, startProbe } from '../measure/probe.js';
import type { Measures } from '../report/measures.js';
import type { ReadSpec } from '../report/spec.js';
import type { Store } from '../store/store.js';
import type { CaseContext } from './context.js';
import { fill } from './fill.js';

/** Entries of one scan that starts at a sequence. */
const SCAN_ENTRIES = 1000;

/** Fills a store, then reads it until the time is up. */
export async function runRead(spec: ReadSpec, context: CaseContext): Promise<Measures> {
  const { driver, directory, seed } = context;
  const entriesPerTable = Math.floor(spec.entries / spec.tables);
  const filling = await driver.open(directory, { ...spec, durability: 'os' });
  await fill(filling, { tables: spec.tables, entriesPerTable, entryBytes: spec.entryBytes, seed });
  if (spec.read === 'cold') {
    if (filling.flush === undefined) throw new Error('this store is not measured with cold reads');
    await filling.flush();
  }
  await filling.close();

  const store = await driver.open(directory, { ...spec, cold: spec.read === 'cold' });
  try {
    const work = new ReadWork(spec, store, entriesPerTable, seed);
    if (spec.read !== 'cold') {
      const warmUp = performance.now() + context.warmUpSeconds * 1000;
      await closedLoop(spec.inFlight, warmUp, work.operation, () => {});
    }
    const latencies = new Latencies();
    const before = work.entries;
    const stop = startProbe();
    const until = performance.now() + context.seconds * 1000;
    await closedLoop(spec.inFlight, until, work.operation, (ms) => latencies.add(ms));
    const probed = stop();
    const entries = work.entries - before;
    const { writeAmplification, entriesPerSync, ...measures } = perEntry(
      probed,
      entries,
      entries * spec.entryBytes,
    );
    return { ...measures, ...latencies.measures() };
  } finally {
    await store.close();
  }
}

class ReadWork {
  /** Entries that the application has received or appended. */
  entries = 0;
  readonly operation: () => Promise<void>;
  readonly #spec: ReadSpec;
  readonly #store: Store;
  readonly #perTable: number;
  readonly #random: () => number;
  readonly #pick: () => number;
  readonly #payloads: Payloads;
  #turn = 0;

  constructor(spec: ReadSpec, store: Store, perTable: number, seed: number) {
    this.#spec = spec;
    this.#store = store;
    this.#perTable = perTable;
    this.#random = seededRandom(seed ^ 0x4ead);
    this.#pick = tablePicks(spec.tables, 'uniform', seed);
    this.#payloads = new Payloads(spec.entryBytes, seed);
    this.operation = this.#operation();
  }

  #operation(): () => Promise<void> {
    switch (this.#spec.read) {
      case 'replay':
      case 'cold':
        return () => this.#scan(1, Number.MAX_SAFE_INTEGER, this.#perTable);
      case 'from': {
        const count = Math.min(SCAN_ENTRIES, this.#perTable);
        return () => this.#scan(this.#from(count), count, count);
      }
      case 'point':
        return () => this.#scan(this.#from(1), 1, 1);
      case 'mix':
        return () => (this.#turn++ % 2 === 0 ? this.#scan(this.#from(1), 1, 1) : this.#append());
    }
  }

  /** A sequence from which at least `count` entries follow. */
  #from(count: number): number {
    return 1 + Math.floor(this.#random() * (this.#perTable - count + 1));
  }

  async #scan(from: number, limit: number, expected: number): Promise<void> {
    let bytes = 0;
    const count = await this.#store.scan(this.#pick(), from, limit, (payload) => {
      bytes += payload.length;
    });
    if (count !== expected || bytes !== expected * this.#spec.entryBytes) {
      throw new Error(`read ${count} entries of ${bytes} bytes in all, but there are ${expected}`);
    }
    this.entries += count;
  }

  async #append(): Promise<void> {
    await this.#store.append(this.#pick(), [this.#payloads.one()]);
    this.entries += 1;
  }
}

import type { Store, StoreDriver } from '@shale/bench-kit';
import { loadRival, rivalVersion } from './load.js';
import { asBuffer } from './log-key.js';

interface Core {
  readonly length: number;
  ready(): Promise<void>;
  append(blocks: readonly Buffer[]): Promise<unknown>;
  createReadStream(range: { readonly start: number; readonly end: number }): AsyncIterable<Buffer>;
}

interface Corestore {
  ready(): Promise<void>;
  get(options: { readonly name: string }): Core;
  close(): Promise<void>;
}

class HypercoreLog implements Store {
  readonly #store: Corestore;
  readonly #cores: readonly Core[];

  constructor(store: Corestore, cores: readonly Core[]) {
    this.#store = store;
    this.#cores = cores;
  }

  append(table: number, payloads: readonly Uint8Array[]): Promise<unknown> {
    return this.#core(table).append(payloads.map(asBuffer));
  }

  async scan(
    table: number,
    from: number,
    limit: number,
    visit: (payload: Uint8Array) => void,
  ): Promise<number> {
    const core = this.#core(table);
    const end = Math.min(core.length, from - 1 + limit);
    let count = 0;
    for await (const block of core.createReadStream({ start: from - 1, end })) {
      visit(block);
      count += 1;
    }
    return count;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #core(table: number): Core {
    const core = this.#cores[table];
    if (core === undefined) throw new RangeError(`table ${table} of ${this.#cores.length}`);
    return core;
  }
}

/** Hypercores in one Corestore, each a log that is hashed and signed, too. It never syncs. */
export const driver: StoreDriver = {
  name: 'hypercore',
  tunedBy: "hypercore's and corestore's READMEs: many cores in a Corestore, append() of an array of blocks",
  durabilities: ['os'],
  version: () => rivalVersion('hypercore'),
  open: async (directory, { tables }) => {
    const CorestoreClass = loadRival<new (directory: string) => Corestore>('corestore');
    const store = new CorestoreClass(directory);
    await store.ready();
    const cores = Array.from({ length: tables }, (_, table) => store.get({ name: `table-${table}` }));
    await Promise.all(cores.map((core) => core.ready()));
    return new HypercoreLog(store, cores);
  },
};

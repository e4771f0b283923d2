import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { openWal, type RocksDBOptions, type Table, type Wal } from '@shale/engine';
import type { Store, StoreDriver, StoreOptions } from './store.js';

/** A JSON object of RocksDB options that replace the defaults, to measure their effect. */
const GIVEN = process.env.SHALE_BENCH_ROCKSDB;

/** Shale with its defaults, except for what the case sets. */
export const driver: StoreDriver = {
  name: 'shale',
  tunedBy: GIVEN === undefined ? 'defaults' : `defaults, but RocksDB with ${GIVEN}`,
  durabilities: ['sync', 'os'],
  version: shaleVersion,
  open: async (directory, options) =>
    new ShaleStore(await openWal(directory, walOptions(options)), options.tables),
};

function walOptions({ durability, shards, cold }: StoreOptions): Parameters<typeof openWal>[1] {
  const rocksdb: RocksDBOptions = JSON.parse(GIVEN ?? '{}');
  return {
    durability,
    shards,
    rocksdb: cold ? { ...rocksdb, useDirectReads: true, blockCacheSize: 0 } : rocksdb,
  };
}

/** The version of the engine that is measured. */
export function shaleVersion(): string {
  const file = createRequire(import.meta.url).resolve('@shale/engine/package.json');
  const parsed: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return parsed.version;
}

class ShaleStore implements Store {
  readonly #wal: Wal;
  readonly #tables: readonly Table[];

  constructor(wal: Wal, tables: number) {
    this.#wal = wal;
    this.#tables = Array.from({ length: tables }, (_, table) => wal.table({ region: 1, table }));
  }

  append(table: number, payloads: readonly Uint8Array[]): Promise<unknown> {
    const [payload] = payloads;
    return payload !== undefined && payloads.length === 1
      ? this.#table(table).append(payload)
      : this.#table(table).appendBatch(payloads);
  }

  async scan(
    table: number,
    from: number,
    limit: number,
    visit: (payload: Uint8Array) => void,
  ): Promise<number> {
    if (limit === 1) {
      const entry = await this.#table(table).get(from);
      if (entry !== null) visit(entry.payload);
      return entry === null ? 0 : 1;
    }
    let count = 0;
    for await (const chunk of this.#table(table)
      .read({ gte: BigInt(from), limit })
      .chunks()) {
      for (let i = 0; i < chunk.length; i++) visit(chunk.payloadAt(i));
      count += chunk.length;
    }
    return count;
  }

  trim(table: number, upTo: number): Promise<unknown> {
    return this.#table(table).trim(BigInt(upTo));
  }

  flush(): Promise<void> {
    return this.#wal.flush();
  }

  close(): Promise<void> {
    return this.#wal.close();
  }

  #table(table: number): Table {
    const found = this.#tables[table];
    if (found === undefined) throw new RangeError(`table ${table} of ${this.#tables.length}`);
    return found;
  }
}

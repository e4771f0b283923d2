import type { Store, StoreDriver } from '@shale/bench-kit';
import { loadRival, rivalVersion } from './load.js';
import { asBuffer } from './log-key.js';
import { postgresVersion, startPostgres, USER } from './postgres-server.js';
import type { Server } from './server.js';

interface Query {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

interface Pool {
  query<Row>(query: Query | string): Promise<{ readonly rows: readonly Row[] }>;
  end(): Promise<void>;
}

const CONNECTIONS = 16;
/** Entries of a page of a scan. */
const PAGE = 1000;

const CREATE =
  'CREATE TABLE IF NOT EXISTS log ("table" int8, sequence int8, payload bytea, PRIMARY KEY ("table", sequence))';
const APPEND =
  'INSERT INTO log SELECT $1, $2::int8 + i - 1, p FROM unnest($3::bytea[]) WITH ORDINALITY AS x (p, i)';
const SCAN = 'SELECT payload FROM log WHERE "table" = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3';
const TRIM = 'DELETE FROM log WHERE "table" = $1 AND sequence <= $2';
const LAST = 'SELECT "table", max(sequence) AS last FROM log GROUP BY "table"';

class PostgreSQL implements Store {
  readonly #server: Server;
  readonly #pool: Pool;
  readonly #next: number[];

  constructor(server: Server, pool: Pool, next: number[]) {
    this.#server = server;
    this.#pool = pool;
    this.#next = next;
  }

  append(table: number, payloads: readonly Uint8Array[]): Promise<unknown> {
    const first = this.#next[table] ?? 1;
    this.#next[table] = first + payloads.length;
    return this.#pool.query({ name: 'append', text: APPEND, values: [table, first, payloads.map(asBuffer)] });
  }

  async scan(
    table: number,
    from: number,
    limit: number,
    visit: (payload: Uint8Array) => void,
  ): Promise<number> {
    let count = 0;
    for (let page = PAGE; page === PAGE && count < limit; ) {
      const { rows } = await this.#pool.query<{ readonly payload: Buffer }>({
        name: 'scan',
        text: SCAN,
        values: [table, from + count, Math.min(PAGE, limit - count)],
      });
      for (const { payload } of rows) visit(payload);
      page = rows.length;
      count += page;
    }
    return count;
  }

  trim(table: number, upTo: number): Promise<unknown> {
    return this.#pool.query({ name: 'trim', text: TRIM, values: [table, upTo] });
  }

  async close(): Promise<void> {
    await this.#pool.end();
    await this.#server.stop();
  }
}

/** PostgreSQL with one table for all logs, over a Unix socket. */
export const driver: StoreDriver = {
  name: 'postgresql',
  tunedBy:
    'PostgreSQL: WAL configuration and Populating a Database; prepared inserts, one for a batch; synchronous_commit off for os, which a crash of the server loses, too',
  durabilities: ['sync', 'os'],
  isServer: true,
  version: () => `${postgresVersion()}, pg ${rivalVersion('pg')}`,
  open: async (directory, { durability, tables }) => {
    const server = startPostgres(directory, durability === 'sync');
    const { Pool } = loadRival<{ readonly Pool: new (options: object) => Pool }>('pg');
    const pool = new Pool({ host: directory, user: USER, database: 'postgres', max: CONNECTIONS });
    await server.ready(() => pool.query(CREATE));
    const { rows } = await pool.query<{ readonly table: string; readonly last: string }>(LAST);
    const next = Array.from({ length: tables }, () => 1);
    for (const { table, last } of rows) next[Number(table)] = Number(last) + 1;
    return new PostgreSQL(server, pool, next);
  },
};

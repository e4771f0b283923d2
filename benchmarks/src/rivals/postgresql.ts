import type { StoreDriver } from '@shale/bench-kit';
import { loadRival, rivalVersion } from './load.js';
import { asBuffer } from './log-key.js';
import { postgresVersion, startPostgres, USER } from './postgres-server.js';
import type { Server } from './server.js';
import { type LogServer, ServerLog } from './server-log.js';

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

const CREATE =
  'CREATE TABLE IF NOT EXISTS log ("table" int8, sequence int8, payload bytea, PRIMARY KEY ("table", sequence))';
const APPEND =
  'INSERT INTO log SELECT $1, $2::int8 + i - 1, p FROM unnest($3::bytea[]) WITH ORDINALITY AS x (p, i)';
const SCAN =
  'SELECT sequence, payload FROM log WHERE "table" = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3';
const TRIM = 'DELETE FROM log WHERE "table" = $1 AND sequence <= $2';
const LAST = 'SELECT "table", max(sequence) AS last FROM log GROUP BY "table"';

function logIn(server: Server, pool: Pool): LogServer {
  return {
    server,
    insert: (table, first, payloads) =>
      pool.query({ name: 'append', text: APPEND, values: [table, first, payloads.map(asBuffer)] }),
    page: async (table, from, count) => {
      const { rows } = await pool.query<{ readonly sequence: string; readonly payload: Buffer }>({
        name: 'scan',
        text: SCAN,
        values: [table, from, count],
      });
      const last = rows.at(-1);
      if (last === undefined) return null;
      return { payloads: rows.map(({ payload }) => payload), last: Number(last.sequence) };
    },
    trim: (table, upTo) => pool.query({ name: 'trim', text: TRIM, values: [table, upTo] }),
    disconnect: () => pool.end(),
  };
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
    return new ServerLog(logIn(server, pool), next);
  },
};

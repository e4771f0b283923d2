// The same service, without Shale: batches go straight to PostgreSQL, a transaction each, over a pool of connections.
import pg from 'pg';
import { config } from '../../../ingest-service/src/config.js';
import { createServer } from '../../../ingest-service/src/server.js';

const INSERT = `
  INSERT INTO direct_events (id, at, type, data) SELECT id, to_timestamp(at / 1000.0), type, data
  FROM jsonb_to_recordset($1::jsonb->'events') AS event(id uuid, at bigint, type text, data jsonb)`;
const pool = new pg.Pool({ connectionString: config.database, max: 16 });
await pool.query(`
  DROP TABLE IF EXISTS direct_events;
  CREATE TABLE direct_events (nth bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL, at timestamptz NOT NULL, type text NOT NULL, data jsonb NOT NULL)`);
let stored = 0n;

/** @param {any} bytes */
async function append(bytes) {
  await pool.query({ name: 'insert', text: INSERT, values: [bytes.toString()] });
  return ++stored;
}

await createServer({ health: 'well' }, { append }).listen({ host: config.host, port: config.port });

// Stores every event of the log in PostgreSQL once and only once: how far it has come stands in the same transaction.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { WalError } from '@shale/engine';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { parseBatch } from './schema.js';

export const TABLES = `
  CREATE TABLE IF NOT EXISTS events (
    log uuid, batch bigint, nth int, id uuid NOT NULL, at timestamptz NOT NULL, type text NOT NULL, data jsonb NOT NULL,
    PRIMARY KEY (log, batch, nth));
  CREATE TABLE IF NOT EXISTS positions (log uuid PRIMARY KEY, batch bigint NOT NULL);`;
const BEGIN_AT = 'INSERT INTO positions VALUES ($1, 0) ON CONFLICT DO NOTHING';
const POSITION = 'SELECT batch FROM positions WHERE log = $1';
const MOVE = 'UPDATE positions SET batch = $3 WHERE log = $1 AND batch = $2';
const COPY = 'COPY events (log, batch, nth, id, at, type, data) FROM STDIN';

/**
 * Goes on until `signal` aborts. When PostgreSQL fails, it begins again where PostgreSQL says that it is. What the log says,
 * such as that it ends before that, needs somebody to look: it fails with it.
 *
 * @param {import('./upkeep.js').Work} work
 */
export async function storeEvents({ batches, progress, config, log, signal }) {
  while (!signal.aborted) {
    const settings = { connectionTimeoutMillis: 5000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 };
    const client = new pg.Client({ ...settings, connectionString: config.database });
    client.on('error', () => {}); // the query under way, or the next one, fails with it
    try {
      await client.connect();
      await client.query(TABLES);
      await client.query(BEGIN_AT, [progress.log]);
      progress.stored = BigInt((await client.query(POSITION, [progress.log])).rows[0].batch);
      const follow = batches.follow({ from: { after: progress.stored }, chunkBytes: 256 * 1024, signal });
      for await (const chunk of follow.chunks()) {
        await storeChunk(client, progress, chunk);
        progress.stored = chunk.last;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof WalError) throw error;
      log.warn(error, 'nothing is stored; trying again');
      await sleep(1000, undefined, { signal }).catch(() => {});
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** @typedef {import('@shale/engine').FollowChunk<Uint8Array>} Chunk */

/** @param {pg.Client} client @param {{ log: string, stored: bigint }} progress @param {Chunk} chunk */
async function storeChunk(client, { log, stored }, chunk) {
  await client.query('BEGIN');
  const { rowCount } = await client.query(MOVE, [log, stored, chunk.last]);
  if (rowCount !== 1) throw new Error('PostgreSQL is not where it was');
  await pipeline(Readable.from(rows(log, chunk)), client.query(copyFrom(COPY)));
  await client.query('COMMIT');
}

/** Lines of COPY's text format: of all that may be in them only the backslash means something there.
 * @param {string} log @param {Chunk} chunk */
function* rows(log, chunk) {
  for (const { sequence, payload } of chunk) {
    let lines = '';
    for (const [nth, { id, at, type, data }] of parseBatch(payload).events.entries()) {
      const json = JSON.stringify(data).replaceAll('\\', '\\\\');
      lines += `${log}\t${sequence}\t${nth}\t${id}\t${new Date(at).toISOString()}\t${type}\t${json}\n`;
    }
    yield lines;
  }
}

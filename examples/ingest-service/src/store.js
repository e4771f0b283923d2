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
const POSITION =
  'INSERT INTO positions AS p VALUES ($1, 0) ON CONFLICT (log) DO UPDATE SET batch = p.batch RETURNING batch';
const MOVE = 'UPDATE positions SET batch = $3 WHERE log = $1 AND batch = $2';
const COPY = 'COPY events (log, batch, nth, id, at, type, data) FROM STDIN';

/** What passes, of the errors that the log has: PostgreSQL is not where it was, or the disk is full. Others need somebody. */
const PASSING = ['SHALE_FENCED', 'SHALE_NO_SPACE', 'SHALE_NO_RESOURCES'];

/** When PostgreSQL fails, it begins again where that is; other errors end it. @param {import('./upkeep.js').Work} work */
export async function storeEvents({ wal, batches, progress, config, log, signal }) {
  let client = new pg.Client();
  const load = async () => {
    progress.stored = BigInt((await client.query(POSITION, [progress.log])).rows[0].batch);
    return progress.stored;
  };
  /** @type {import('@shale/engine').OwnPosition['store']} */
  const store = async ({ before, after }) =>
    (await client.query(MOVE, [progress.log, before, after])).rowCount === 1;
  const position = { load, store };
  let consumer = /** @type {import('@shale/engine').Consumer | undefined} */ (undefined);
  signal.addEventListener('abort', () => consumer?.close().catch(() => {}));
  while (!signal.aborted) {
    const settings = { connectionTimeoutMillis: 5000, keepAlive: true, keepAliveInitialDelayMillis: 10_000 };
    client = new pg.Client({ ...settings, connectionString: config.database });
    client.on('error', () => {}); // the query under way, or the next one, fails with it
    try {
      await client.connect();
      await client.query(TABLES);
      await load(); // makes the row that is moved; a new log has no table yet to be asked about
      consumer ??= await wal.consumer('postgres', { tables: batches, chunkBytes: 256 * 1024, position });
      for await (const batch of consumer) {
        await client.query('BEGIN');
        await batch.store();
        await pipeline(Readable.from(rows(progress.log, batch)), client.query(copyFrom(COPY)));
        await client.query('COMMIT');
        progress.stored = batch.last;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof WalError && !PASSING.includes(error.code)) throw error;
      log.warn(error, 'nothing is stored; trying again');
      await sleep(1000, undefined, { signal }).catch(() => {});
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** Lines of COPY's text format: of all that may be in them only the backslash means something there.
 * @param {string} log @param {import('@shale/engine').Batch} batch */
function* rows(log, batch) {
  for (const { sequence, payload } of batch) {
    let lines = '';
    for (const [nth, { id, at, type, data }] of parseBatch(payload).events.entries()) {
      const json = JSON.stringify(data).replaceAll('\\', '\\\\');
      lines += `${log}\t${sequence}\t${nth}\t${id}\t${new Date(at).toISOString()}\t${type}\t${json}\n`;
    }
    yield lines;
  }
}

// Starts the service, and ends it when it is told to: what is under way is answered, and nothing is lost.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWal, utf8Codec } from '@shale/engine';
import { config } from './config.js';
import { registerMetrics } from './metrics.js';
import { createServer } from './server.js';
import { storeEvents } from './store.js';
import { keepInShape } from './upkeep.js';

/** @type {(code: number) => unknown} */
let end = process.exit; // while it starts, nothing is under way
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end(0));

const wal = await openWal(config.directory, {
  waitForLock: 30_000, // in a rolling restart, for the process before this one
  maxQueuedBytes: 16 * 2 ** 20, // more than that waiting for the disk is 429
  inspect: true, // for `shale top` and `shale tail`
});
const batches = wal.table('batches'); // an entry is a request's body, as it came
const identity = wal.table('identity', { codec: utf8Codec() }); // by which PostgreSQL knows this very log
if ((await identity.lastSequence()) === 0n) await identity.append(randomUUID());
const progress = { log: (await identity.get(1n))?.payload ?? '', stored: 0n };
const ending = new AbortController();
const server = createServer(wal, batches);
const work = { wal, batches, progress, config, log: server.log, signal: ending.signal };
const storing = storeEvents(work);
const upkeep = keepInShape(work);
registerMetrics(work);

end = async (code) => {
  ending.abort();
  const underWay = Promise.allSettled([server.close(), storing, upkeep]);
  await Promise.race([underWay, sleep(5000)]); // neither a client nor PostgreSQL can hold it up for longer
  await wal.close();
  process.exit(code);
};
Promise.all([storing, upkeep]).catch((error) => {
  server.log.fatal(error, 'cannot go on'); // what is taken in now may never be stored: better not to take it
  return end(1);
});
await server.listen({ host: config.host, port: config.port });

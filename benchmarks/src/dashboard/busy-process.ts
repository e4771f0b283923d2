// A process that is busy with Shale and serves its metrics, until it is told to end: started by busy.ts.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { registerPrometheus } from '@shale/metrics/prometheus';
import { Registry } from 'prom-client';
import { runEvents, runOrders } from './busy-load.js';

const [directory = ''] = process.argv.slice(2);
const orders = await openWal(join(directory, 'orders'), { shards: 2, maxInFlightBytes: 3 * 2 ** 19 });
// So little memory that the peaks of the load meet every bound.
const events = await openWal(join(directory, 'events'), {
  shards: 1,
  durability: 'os',
  syncWithinMs: 2000,
  maxInFlightBytes: 2 ** 20,
  maxQueuedAppends: 2000,
  rocksdb: { writeBufferSize: 2 ** 20, maxWriteBufferNumber: 4, minWriteBufferNumberToMerge: 1 },
});
const registry = new Registry();
registerPrometheus(orders, { registry, log: 'orders' });
registerPrometheus(events, { registry, log: 'events' });
const server = createServer((_, response) => {
  registry.metrics().then(
    (text) => response.setHeader('content-type', registry.contentType).end(text),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

const end = new AbortController();
process.once('disconnect', () => end.abort());
process.send?.(server.address());
await Promise.all([runOrders(orders, end.signal), runEvents(events, end.signal)]);
server.closeAllConnections();
server.close();
await Promise.all([orders.close(), events.close()]);

// What Prometheus gets: the log's metrics, the process's, and how far PostgreSQL is behind.
import { registerPrometheus } from '@shale/metrics/prometheus';
import { collectDefaultMetrics, Gauge } from 'prom-client';

/** @param {import('./upkeep.js').Work} work */
export function registerMetrics({ wal, batches, progress }) {
  collectDefaultMetrics();
  registerPrometheus(wal);
  new Gauge({
    name: 'ingest_batches_behind',
    help: 'Batches in the log that are not in PostgreSQL yet',
    async collect() {
      this.set(Number((await batches.lastSequence()) - progress.stored));
    },
  });
}

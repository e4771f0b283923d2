import type { Wal } from '@shale/engine';
import { Counter, Gauge, type Registry, register } from 'prom-client';
import { HISTOGRAMS, NUMBERS, type NumberDefinition } from './definitions.js';
import { SnapshotHistogram } from './snapshot-histogram.js';
import { WatchedLogs } from './watched-logs.js';

/** How metrics are registered. */
export interface PrometheusOptions {
  /** @defaultValue the global one of prom-client */
  readonly registry?: Registry | undefined;
  /**
   * What the label `log` says: which log it is, where a process has several.
   *
   * @defaultValue the path of the database
   */
  readonly log?: string | undefined;
}

/** The logs of each registry: they share its metrics. */
const logsOf = new WeakMap<Registry, WatchedLogs>();

/**
 * Registers the metrics of a log with prom-client: a scrape then calls `wal.metrics()` once. Several logs may share a
 * registry, told apart by the label `log`. Returns what takes the log out again; one that is closed leaves by itself.
 *
 * Throws what prom-client does when the registry has other metrics of these names.
 */
export function registerPrometheus(wal: Wal, options: PrometheusOptions = {}): () => void {
  const { registry = register, log = wal.path } = options;
  let logs = logsOf.get(registry);
  if (logs === undefined || registry.getSingleMetric(nameOf(NUMBERS[0])) === undefined) {
    logs = new WatchedLogs();
    registerAll(logs, registry);
    logsOf.set(registry, logs);
  }
  const watched = logs;
  watched.add(wal, log);
  return () => {
    watched.remove(wal);
    if (!watched.isEmpty || logsOf.get(registry) !== watched) return;
    logsOf.delete(registry);
    for (const name of allNames()) registry.removeSingleMetric(name);
  };
}

function registerAll(logs: WatchedLogs, registry: Registry): void {
  const registers = [registry];
  for (const definition of NUMBERS) {
    const { help, samples } = definition;
    const options = {
      name: nameOf(definition),
      help,
      labelNames: ['log', ...definition.labelNames],
      registers,
    };
    const each = (tell: (labels: Record<string, string>, value: number) => void): void => {
      for (const { log, metrics } of logs.collect()) {
        for (const { labels, value } of samples(metrics)) tell({ log, ...labels }, value);
      }
    };
    if (definition.kind === 'gauge') {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          each((labels, value) => this.set(labels, value));
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          each((labels, value) => this.inc(labels, value));
        },
      });
    }
  }
  for (const definition of HISTOGRAMS) {
    const name = `shale_${definition.name}`;
    const labelNames = ['log', ...definition.labelNames];
    new SnapshotHistogram({ name, help: definition.help, labelNames, registers }, definition, logs);
  }
}

function nameOf(definition: NumberDefinition | undefined): string {
  return `shale_${definition?.name}${definition?.kind === 'counter' ? '_total' : ''}`;
}

function allNames(): string[] {
  return [...NUMBERS.map(nameOf), ...HISTOGRAMS.map(({ name }) => `shale_${name}`)];
}

import type { HistogramSnapshot } from '@shale/engine';
import { Histogram, type HistogramConfiguration } from 'prom-client';
import type { HistogramDefinition } from './definitions.js';
import type { WatchedLogs } from './watched-logs.js';

type Told = Awaited<ReturnType<Histogram['get']>>;

/** A histogram of prom-client whose values were counted elsewhere. */
export class SnapshotHistogram extends Histogram {
  readonly #about: HistogramConfiguration<string>;
  readonly #definition: HistogramDefinition;
  readonly #logs: WatchedLogs;

  constructor(about: HistogramConfiguration<string>, definition: HistogramDefinition, logs: WatchedLogs) {
    super(about);
    this.#about = about;
    this.#definition = definition;
    this.#logs = logs;
  }

  override async get(): Promise<Told> {
    return this.#told();
  }

  /** What a registry calls for a scrape; prom-client does not declare it. */
  async getForPromString(): Promise<Told> {
    return this.#told();
  }

  #told(): Told {
    const { name, help } = this.#about;
    const values: Told['values'] = [];
    for (const { log, metrics } of this.#logs.collect()) {
      for (const { labels, histogram } of this.#definition.samples(metrics)) {
        values.push(...this.#lines(name, { log, ...labels }, histogram));
      }
    }
    // The types of prom-client have a number for what it fills with a word.
    const type = 'histogram' as unknown as Told['type'];
    return { name, help, type, values, aggregator: 'sum', collect: () => undefined };
  }

  *#lines(
    name: string,
    labels: Readonly<Record<string, string>>,
    { count, sum, upTo, counts }: HistogramSnapshot,
  ): Generator<Told['values'][number]> {
    const { buckets, scale } = this.#definition;
    let at = 0;
    let below = 0;
    for (const le of buckets) {
      for (; (upTo[at] ?? Number.POSITIVE_INFINITY) * scale <= le; at++) below += counts[at] ?? 0;
      yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
    }
    yield { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count };
    yield { metricName: `${name}_sum`, labels, value: sum * scale };
    yield { metricName: `${name}_count`, labels, value: count };
  }
}

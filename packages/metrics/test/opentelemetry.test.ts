import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { openWal, type Wal } from '@shale/engine';
import { registerOpenTelemetry } from '@shale/metrics/opentelemetry';
import { expect, onTestFinished, test } from 'vitest';
import { temporary } from '../../../test/support/temporary.js';

async function open(): Promise<Wal> {
  const wal = await openWal(temporary('metrics'), { shards: 2 });
  onTestFinished(() => wal.close());
  return wal;
}

/** A provider whose exporter keeps what it gets. */
function collector(temporality = AggregationTemporality.CUMULATIVE) {
  const exporter = new InMemoryMetricExporter(temporality);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  return {
    meter: provider.getMeter('test'),
    async collect(): Promise<ReadonlyMap<string, readonly DataPoint<unknown>[]>> {
      exporter.reset();
      await provider.forceFlush();
      const metrics = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
      return new Map(metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]));
    },
  };
}

const numbers = (points: readonly DataPoint<unknown>[] = []): number[] =>
  points.map(({ value }) => Number(value));
const total = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

test('an exporter gets what wal.metrics() tells, and each commit', async () => {
  const wal = await open();
  const { meter, collect } = collector();
  registerOpenTelemetry(wal, { meter, log: 'orders' });
  const table = wal.table('events');
  await Promise.all(Array.from({ length: 50 }, () => table.append(Buffer.from('xy'))));
  const { shards } = wal.metrics();
  const metrics = await collect();
  const sent = metrics.get('messaging.client.sent.messages') ?? [];
  expect(total(numbers(sent))).toBe(50);
  expect(sent[0]?.attributes).toEqual({
    'messaging.system': 'shale',
    'shale.log': 'orders',
    'messaging.destination.partition.id': '0',
  });
  expect(total(numbers(metrics.get('shale.payload')))).toBe(100);
  expect(total(numbers(metrics.get('shale.health')))).toBe(1);
  expect(metrics.get('shale.frame_phase')).toHaveLength(4 * 2);
  const commits = (metrics.get('messaging.client.operation.duration') ?? []) as readonly DataPoint<{
    count: number;
    sum: number;
  }>[];
  // Since it was registered, which was before the first append.
  expect(total(commits.map(({ value }) => value.count))).toBe(total(shards.map(({ frames }) => frames)));
  const spent = total(shards.flatMap(({ phasesMs }) => Object.values(phasesMs))) / 1000;
  expect(total(commits.map(({ value }) => value.sum))).toBeCloseTo(spent, 6);
});

test('names and units are those of the conventions: none has its unit in its name, or two meanings', async () => {
  const wal = await open();
  const { meter, collect } = collector();
  registerOpenTelemetry(wal, { meter });
  await wal.table('events').append(Buffer.from('x'));
  const names = [...(await collect()).keys()];
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !/^(?:shale|messaging\.client)\.[a-z_.]+$/.test(name))).toEqual([]);
  expect(names.filter((name) => /seconds|bytes|total/.test(name))).toEqual([]);
});

test('a log that is closed or taken out tells nothing more, and others of the meter go on', async () => {
  const [first, second] = [await open(), await open()];
  // In the other one the SDK repeats the last number of what is observed no more.
  const { meter, collect } = collector(AggregationTemporality.DELTA);
  const takeOut = registerOpenTelemetry(first, { meter, log: 'first' });
  registerOpenTelemetry(second, { meter, log: 'second' });
  for (const wal of [first, second]) await wal.table('events').append(Buffer.from('x'));
  const logs = async () => {
    const points = (await collect()).get('shale.health') ?? [];
    return [...new Set(points.map(({ attributes }) => attributes['shale.log']))];
  };
  expect(await logs()).toEqual(['first', 'second']);
  takeOut();
  await first.table('events').append(Buffer.from('x'));
  expect(await logs()).toEqual(['second']);
  await second.close();
  expect(await logs()).toEqual([]);
});

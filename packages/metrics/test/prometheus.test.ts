import { openWal, type Wal } from '@shale/engine';
import { registerPrometheus } from '@shale/metrics/prometheus';
import { Counter, Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { temporary } from '../../../test/support/temporary.js';
import { type Line, parse, scrape } from './scrape.js';

async function open(): Promise<Wal> {
  const wal = await openWal(temporary('metrics'), { shards: 2 });
  onTestFinished(() => wal.close());
  return wal;
}

async function busy(wal: Wal): Promise<void> {
  const table = wal.table('events');
  await Promise.all(Array.from({ length: 100 }, (_, i) => table.append(Buffer.from(`${i}`))));
  await table.append(Buffer.from('os'), { durability: 'os' });
  await table.trim(5);
}

const sum = (lines: readonly Line[], name: string, labels: Record<string, string> = {}): number =>
  lines
    .filter(
      (line) =>
        line.name === name && Object.entries(labels).every(([key, value]) => line.labels[key] === value),
    )
    .reduce((all, { value }) => all + value, 0);

test('a scrape tells what wal.metrics() tells', async () => {
  const wal = await open();
  const registry = new Registry();
  registerPrometheus(wal, { registry, log: 'orders' });
  await busy(wal);
  const { shards, queue } = wal.metrics();
  const lines = parse(await scrape(registry));
  expect(lines.every(({ labels }) => labels.log === 'orders')).toBe(true);
  expect(sum(lines, 'shale_entries_total')).toBe(101);
  expect(sum(lines, 'shale_payload_bytes_total')).toBe(192);
  expect(sum(lines, 'shale_append_duration_seconds_count')).toBe(101);
  expect(sum(lines, 'shale_removal_duration_seconds_count')).toBe(1);
  expect(sum(lines, 'shale_write_duration_seconds_count', { durability: 'os' })).toBe(1);
  expect(sum(lines, 'shale_frames_total')).toBe(shards.reduce((all, { frames }) => all + frames, 0));
  const spent = shards.reduce((all, { phasesMs }) => all + phasesMs.write, 0) / 1000;
  expect(sum(lines, 'shale_frame_phase_seconds_total', { phase: 'write' })).toBeCloseTo(spent, 9);
  expect(sum(lines, 'shale_in_flight_limit_bytes')).toBe(queue.maxInFlightBytes);
  expect(sum(lines, 'shale_health', { state: 'well' })).toBe(1);
  expect(sum(lines, 'shale_health')).toBe(1);
});

test('a scrape tells how far each consumer that is open is behind', async () => {
  const wal = await open();
  const registry = new Registry();
  registerPrometheus(wal, { registry });
  const table = wal.table('events');
  await table.appendBatch(Array.from({ length: 10 }, (_, i) => Buffer.from(`${i}`)));
  const billing = await wal.consumer('billing', { tables: table, chunkEntries: 4 });
  await wal.consumer('mail', { tables: 'all', partition: { index: 1, of: 2 }, from: 'end' });
  const batches = billing[Symbol.asyncIterator]();
  await batches.next();
  await batches.next();
  const lines = parse(await scrape(registry));
  const labels = { consumer: 'billing', partition: '' };
  expect(sum(lines, 'shale_consumer_lag_entries', labels)).toBe(6);
  expect(sum(lines, 'shale_consumer_tables', labels)).toBe(1);
  expect(sum(lines, 'shale_consumer_tables_behind', labels)).toBe(1);
  expect(sum(lines, 'shale_consumer_unacked_entries', labels)).toBe(4);
  expect(sum(lines, 'shale_consumer_gaps_total', labels)).toBe(0);
  expect(
    lines.filter((line) => line.labels.consumer === 'mail').map((line) => line.labels.partition),
  ).toContain('1/2');
  await wal.dropConsumer('billing');
  const after = parse(await scrape(registry));
  expect(after.some((line) => line.labels.consumer === 'billing')).toBe(false);
  expect(sum(after, 'shale_consumers_fenced_total')).toBe(1);
});

test('the buckets of a histogram hold what is at most their bound, and the last holds all', async () => {
  const wal = await open();
  const registry = new Registry();
  registerPrometheus(wal, { registry });
  await busy(wal);
  const lines = parse(await scrape(registry));
  for (const { index, frameEntries, appendMs } of wal.metrics().shards) {
    for (const [name, histogram, scale] of [
      ['shale_frame_entries', frameEntries, 1],
      ['shale_append_duration_seconds', appendMs, 0.001],
    ] as const) {
      const buckets = lines.filter(
        (line) => line.name === `${name}_bucket` && line.labels.shard === `${index}`,
      );
      expect(buckets.at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: histogram.count });
      for (const { labels, value } of buckets.slice(0, -1)) {
        const held = histogram.counts.filter((_, i) => (histogram.upTo[i] ?? 0) * scale <= Number(labels.le));
        expect(value).toBe(held.reduce((all, count) => all + count, 0));
      }
      expect(sum(lines, `${name}_sum`, { shard: `${index}` })).toBeCloseTo(histogram.sum * scale, 9);
    }
  }
});

test('several logs share a registry, and one that is closed or taken out tells nothing more', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  const registry = new Registry();
  registerPrometheus(first, { registry, log: 'first' });
  registerPrometheus(second, { registry, log: 'second' });
  const takeOut = registerPrometheus(third, { registry, log: 'third' });
  await busy(second);
  const logs = async (): Promise<string[]> => [
    ...new Set(parse(await scrape(registry)).map(({ labels }) => labels.log ?? '')),
  ];
  expect(await logs()).toEqual(['first', 'second', 'third']);
  expect(sum(parse(await scrape(registry)), 'shale_entries_total', { log: 'second' })).toBe(101);
  takeOut();
  expect(await logs()).toEqual(['first', 'second']);
  await first.close();
  expect(await logs()).toEqual(['second']);
});

test('when the last log is taken out its metrics are out of the registry, and can be registered again', async () => {
  const wal = await open();
  const registry = new Registry();
  const before = new Counter({ name: 'of_others', help: 'Of others.', registers: [registry] });
  registerPrometheus(wal, { registry })();
  expect(registry.getMetricsAsArray()).toEqual([before]);
  registerPrometheus(wal, { registry });
  expect(registry.getMetricsAsArray().length).toBeGreaterThan(30);
  registry.clear();
  registerPrometheus(wal, { registry });
  expect(registry.getMetricsAsArray().length).toBeGreaterThan(30);
});

test('the text is in the format of OpenMetrics too', async () => {
  const wal = await open();
  const registry = new Registry();
  // The types of prom-client give a registry one format for life.
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  registerPrometheus(wal, { registry });
  await busy(wal);
  const text = await scrape(registry);
  expect(text).toContain('# TYPE shale_entries counter\n');
  expect(text.endsWith('# EOF\n')).toBe(true);
  expect(sum(parse(text), 'shale_entries_total')).toBe(101);
});

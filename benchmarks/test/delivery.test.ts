import { expect, test } from 'vitest';
import type { DeliveryCase, DeliveryRecord } from '../dist/delivery/measure.js';
import { percentile, WAYS } from '../dist/delivery/round.js';
import { deliveryFigures, renderDeliveryPage, rowOf } from '../dist/report/delivery-page.js';
import { reportOf } from './fabricated.js';
import { complaints, requests } from './markup.js';

const cases: readonly DeliveryCase[] = WAYS.flatMap((way) =>
  [1, 4].map((appenders) => ({
    way,
    appenders,
    appends: 1000,
    acknowledged: { latencyP50: 0.2, latencyP90: 0.3, latencyP99: 1, latencyP999: 2, latencyMax: 4 },
    delivered: { latencyP50: 0.3, latencyP90: 0.4, latencyP99: 1.1, latencyP999: 2, latencyMax: 4 },
  })),
);
const record: DeliveryRecord = {
  schema: 1,
  startedAt: '2026-11-30T12:00:00.000Z',
  machine: reportOf([]).machine,
  versions: { node: '20.0.0' },
  entryBytes: 100,
  cases,
};

test('the page of delivery is one document that needs nothing else, with a drawing for each way', () => {
  const page = renderDeliveryPage(record);
  expect(complaints(page)).toEqual([]);
  expect(requests(page)).toEqual([]);
  expect(page).not.toContain('<script');
  expect(page.match(/<svg /g)).toHaveLength(2);
  for (const { svg } of deliveryFigures(record)) {
    expect(svg).toContain('delivered, one at a time');
    expect(svg).toContain('acknowledged, 4 at once');
  }
});

test('a case says how many times as long the delivery takes', () => {
  const [one] = cases;
  expect(one && rowOf(one)).toEqual([
    "'sync'",
    '1',
    '1000',
    '0.200, 1.000, 2.000',
    '0.300, 1.100, 2.000',
    '1.50',
    '1.10',
  ]);
});

test('percentiles are of times in ascending order', () => {
  const times = Float64Array.from({ length: 200 }, (_, i) => i);
  expect([50, 99, 99.9, 100].map((of) => percentile(times, of))).toEqual([100, 198, 199, 199]);
});

// docs/grafana/shale.json asks for metrics by name: those that a scrape has, with their labels, and every one of them.
import { readFileSync } from 'node:fs';
import { openWal } from '@shale/engine';
import { registerPrometheus } from '@shale/metrics/prometheus';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { temporary } from '../../../test/support/temporary.js';
import { type Line, parse, scrape } from './scrape.js';

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(
  readFileSync(new URL('../../../docs/grafana/shale.json', import.meta.url), 'utf8'),
) as { readonly panels: readonly Panel[] };
const targets = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => ({ title, ...target })),
);

/** A scrape of a log that has done everything once. */
async function lines(): Promise<Line[]> {
  const wal = await openWal(temporary('dashboard'), { shards: 1 });
  onTestFinished(() => wal.close());
  const registry = new Registry();
  registerPrometheus(wal, { registry });
  const table = wal.table('events');
  await table.append(Buffer.from('one'));
  await wal.consumer('billing', { tables: table });
  await table.trim(1);
  return parse(await scrape(registry));
}

const namesIn = (expr: string): string[] => [...new Set(expr.match(/\bshale_[a-z_]+/g) ?? [])];

test('what the dashboard asks for is in a scrape, by its labels too', async () => {
  const scraped = await lines();
  expect(targets.length).toBeGreaterThan(20);
  for (const { title, expr, legendFormat } of targets) {
    const names = namesIn(expr);
    expect(names.length, title).toBeGreaterThan(0);
    const labels = [
      ...(/ by \((.*?)\)/.exec(expr)?.[1] ?? '').split(', '),
      ...[...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label),
    ];
    for (const name of names) {
      const line = scraped.find((each) => each.name === name);
      expect(line, `${title}: ${name}`).toBeDefined();
      for (const label of labels)
        if (label) expect(Object.keys(line?.labels ?? {}), `${title}: ${name}`).toContain(label);
    }
  }
});

test('every metric of a scrape has its place in the dashboard', async () => {
  const asked = new Set(
    targets.flatMap(({ expr }) => namesIn(expr)).map((name) => name.replace(/_(?:bucket|sum|count)$/, '')),
  );
  const told = new Set((await lines()).map(({ name }) => name.replace(/_(?:bucket|sum|count)$/, '')));
  expect([...told].filter((name) => !asked.has(name))).toEqual([]);
});

test('no two panels overlap', () => {
  const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
    Array.from({ length: h * w }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});

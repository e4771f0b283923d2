// The page and the drawings stand alone, are well-formed whatever the names in them, and say what the report says.
import { type AppendSpec, type Measures, SUITES } from '@shale/bench-kit';
import { describe, expect, test } from 'vitest';
import { drawingsOf } from '../dist/report/drawings.js';
import { renderPage } from '../dist/report/page.js';
import { insertTable, readmeTable } from '../dist/report/readme-table.js';
import { APPEND, caseOf, REPLAY, reportOf } from './fabricated.js';
import { complaints, requests } from './markup.js';

const measures = (rate: number): Measures => ({
  entriesPerSecond: rate,
  megabytesPerSecond: rate / 1e4,
  latencyP50: 1,
  latencyP90: 2,
  latencyP99: 5,
  latencyP999: 9,
  latencyMax: 20,
  loopDelayP99: 1.5,
  mainThreadBusy: 12,
  writeAmplification: 2.5,
  spaceAmplification: 1.2,
});
const SYNC: AppendSpec = { ...APPEND, durability: 'sync' };
const full = reportOf([
  caseOf(APPEND, [measures(800_000), measures(700_000), measures(750_000)]),
  caseOf(APPEND, [measures(100_000)], 'lmdb'),
  caseOf(SYNC, [measures(3000)]),
  caseOf({ ...APPEND, batch: 10 }, [measures(300_000)]),
  caseOf(REPLAY, [measures(2_000_000)]),
  ...SUITES.core.cases
    .filter(({ spec }) => spec.kind === 'recovery' || spec.kind === 'trim')
    .map(({ spec }) => caseOf(spec, [{ openToFirstAppend: 120, latencyP50: 2, latencyMax: 3 }])),
]);
const empty = reportOf([]);
const failed = reportOf([{ ...caseOf(APPEND, []), failures: ['it said <no> & "never"'] }]);

describe.each([
  ['all there is', full],
  ['nothing at all', empty],
  ['failures only', failed],
])('the page of a report with %s', (_, report) => {
  const page = renderPage(report);

  test('is well-formed', () => {
    expect(complaints(page)).toEqual([]);
  });

  test('asks for nothing from elsewhere and runs nothing', () => {
    expect(requests(page)).toEqual([]);
    expect(page).not.toMatch(/<script|@import|\son\w+=/i);
  });

  test('fits a phone and knows the dark', () => {
    expect(page).toContain('name="viewport"');
    expect(page).toContain('prefers-color-scheme:dark');
  });

  test('tells the conditions and who is missing', () => {
    expect(page).toContain('A &lt;fast&gt; processor');
    expect(page).toContain('3000 appends of 128 B with fdatasync per second');
    expect(page).toContain('absent: it has no &lt;binary&gt; here');
  });
});

test('the checks of this file find what they look for', () => {
  expect(complaints('<p><b>x</p></b>')).not.toEqual([]);
  expect(complaints('<p>a < b</p>')).not.toEqual([]);
  expect(complaints('<p>a & b</p>')).not.toEqual([]);
  expect(complaints('<p>a')).toEqual(['<p> is left open']);
  expect(requests('<img src="https://example.org/a.png"><a href="#top">')).toEqual([
    'https://example.org/a.png',
  ]);
  expect(requests('a{background:url(b.png)}')).toEqual(['b.png']);
});

test('every section is there when there is data for it, with the medians', () => {
  const page = renderPage(full);
  for (const id of [
    'rivals',
    'throughput',
    'latency',
    'event-loop',
    'amplification',
    'recovery',
    'numbers',
    'stores',
  ]) {
    expect(page).toContain(`id="${id}"`);
  }
  expect(page).toContain('750k/s');
  expect(renderPage(empty)).not.toContain('id="latency"');
});

test('a failure is in the table of numbers', () => {
  expect(renderPage(failed)).toContain('(1 failed: it said &lt;no&gt; &amp; &quot;never&quot;)');
});

test('drawings are SVG files that stand alone, in both colour schemes', () => {
  const drawings = drawingsOf(full);
  expect([...drawings.keys()]).toEqual(
    expect.arrayContaining(['rivals-1.svg', 'latency-1.svg', 'recovery-1.svg']),
  );
  for (const [name, svg] of drawings) {
    expect(complaints(svg), name).toEqual([]);
    expect(svg, name).toMatch(/^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg, name).toContain('prefers-color-scheme:dark');
    expect(requests(svg), name).toEqual([]);
    expect(svg, name).not.toContain('NaN');
  }
});

test('the table for the README has the best in bold, and goes between its markers', () => {
  const table = readmeTable(full);
  expect(table).toContain('| entries per second | shale | lmdb |');
  expect(table).toContain('| 100 B × 100, 100 tables, os, 16 in flight | **750k/s** | 100k/s |');
  const begin = '<!-- benchmarks: made by `npm run bench -- readme` -->';
  const text = `# A\n\n${begin}\n\nold\n\n<!-- /benchmarks -->\n\nafter\n`;
  const once = insertTable(text, table);
  expect(once).toBe(`# A\n\n${begin}\n\n${table}\n\n<!-- /benchmarks -->\n\nafter\n`);
  expect(insertTable(once, table)).toBe(once);
  expect(() => insertTable('# no place', table)).toThrow('has no place for the table');
  expect(() => insertTable(text + text, table)).toThrow('has no place for the table');
});

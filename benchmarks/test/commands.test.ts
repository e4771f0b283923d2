// `npm run bench` as it is typed, on the real Shale for moments, without rivals.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReport } from '@shale/bench-kit';
import { expect, test } from 'vitest';
import { temporaryOfFile } from '../../test/support/temporary.js';
import { APPEND, caseOf, reportOf } from './fabricated.js';

const directory = temporaryOfFile('bench-command');
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function bench(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, SHALE_BENCH_DIR: directory };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { env, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

function stored(name: string, rate: number): string {
  const path = join(directory, name);
  const rounds = [-1, 0, 1, 2, -2].map((step) => ({ entriesPerSecond: rate * (1 + step / 200) }));
  writeFileSync(path, JSON.stringify(reportOf([caseOf(APPEND, rounds), caseOf(APPEND, rounds, 'lmdb')])));
  return path;
}

test('a suite shows progress and tables, and writes JSON, page and drawings', () => {
  const out = join(directory, 'out');
  const { code, stdout, stderr } = bench(
    'quick',
    '--no-rivals',
    '--seconds',
    '0.05',
    '--only',
    'f1$',
    '--out',
    out,
  );
  expect(stderr).toMatch(/^1\/1 {2}round 1\/1 {2}append 100B x1 t100 sync s1 f1 {2}shale {2}\d+ s left\n$/);
  expect(code).toBe(0);
  expect(stdout).toMatch(/append 100B x1 t100 sync s1 f1 +shale/);
  const files = readdirSync(out);
  const json = files.find((file) => file.endsWith('.json')) ?? '';
  expect(parseReport(JSON.parse(readFileSync(join(out, json), 'utf8'))).cases).toHaveLength(1);
  expect(files.some((file) => file.endsWith('.html'))).toBe(true);
  expect(readdirSync(join(out, json.replace('.json', '')))).toContain('latency-1.svg');
});

test('compare ends with 1 when something became worse, and with 0 when not', () => {
  const [fast, slow] = [stored('fast.json', 100), stored('slow.json', 50)];
  expect(bench('compare', fast, slow)).toMatchObject({ code: 1, stdout: expect.stringContaining('2 worse') });
  expect(bench('compare', slow, fast)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 better'),
  });
  expect(bench('compare', fast, fast)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 within'),
  });
});

test('readme writes the table between its markers, report makes the page again', () => {
  const report = stored('again.json', 100);
  const file = join(directory, 'README.md');
  writeFileSync(file, '<!-- benchmarks: made by `npm run bench -- readme` -->\n<!-- /benchmarks -->\n');
  expect(bench('readme', report, '--file', file).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toContain('| entries per second | shale | lmdb |');
  expect(bench('report', report).code).toBe(0);
  expect(readFileSync(join(directory, 'again.html'), 'utf8')).toContain('Shale benchmarks');
});

test.each([
  [['fly'], "there is no 'fly'"],
  [['quick', '--rounds', 'x'], '--rounds takes a number above 0'],
  [['quick', '--fast'], '--fast'],
  [['compare', 'one.json'], 'takes two reports'],
  [['report', 'missing.json'], 'missing.json'],
  [['bars', 'high'], 'no bar is called high'],
  [['dashboard', '--prometheus', 'no-such-server'], 'apt-get download prometheus && dpkg-deb -x'],
  [['guard', 'dog'], 'no workload is called dog'],
])('%j is refused with a reason', (args, reason) => {
  const { code, stderr } = bench(...args);
  expect(stderr).toContain(reason);
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(2);
});

test('what sustained, delivery and bars have written is refused as that', () => {
  const written = (name: string, json: object): string => {
    const path = join(directory, name);
    writeFileSync(path, JSON.stringify(json));
    return path;
  };
  const sustained = written('sustained.json', { schema: 1, samples: [], phases: [] });
  const takes = 'compare, report and readme take what quick, core and full have written';
  for (const args of [
    ['report', sustained],
    ['compare', sustained, sustained],
  ]) {
    expect(bench(...args)).toMatchObject({
      code: 2,
      stderr: `bench: ${sustained}: this is a measurement of sustained, whose page is beside it; ${takes}\n`,
    });
  }
  const delivery = written('delivery.json', { schema: 1, entryBytes: 100, cases: [] });
  expect(bench('report', delivery).stderr).toBe(
    `bench: ${delivery}: this is a measurement of delivery, whose page is beside it; ${takes}\n`,
  );
  const bars = written('bars.json', { machine: {}, bars: [] });
  expect(bench('report', bars).stderr).toBe(`bench: ${bars}: this is a measurement of bars; ${takes}\n`);
});

test('--help lists the commands, and the options of each', () => {
  const { code, stdout } = bench('--help');
  expect(code).toBe(0);
  const names = [...stdout.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
  const [, listed = ''] = /there are (.*)\n/.exec(bench('fly').stderr) ?? [];
  expect(names.toSorted()).toEqual(listed.split(', ').toSorted());
  const options = ['gib', 'tables', 'bytes', 'batch', 'in-flight', 'busy', 'no-consumer', 'db-bench', 'out'];
  for (const option of options) expect(bench('sustained', '--help').stdout).toContain(`--${option} `);
});

test('sustained says what it does not take', () => {
  expect(bench('sustained', '--gib', 'many')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--gib'),
  });
});

// `shale bench` measures the user's own disk and leaves it as it was.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch, shale, start, until } from '../support/shale.js';

const directory = scratch();
const QUICK = ['--seconds', '0.05', '--only', 'x1 .*sync.*f1$'];

test('prints conditions and figures, shows progress apart from them, and removes what it wrote', async () => {
  const { code, stdout, stderr } = await shale(['bench', directory, ...QUICK]);
  expect(stderr).toMatch(/^1\/1 {2}append 100B x1 t100 sync s1 f1 {2}about .* left\n$/);
  expect(code).toBe(0);
  expect(stdout).toMatch(/the disk by itself: \d+ appends of 128 B with fdatasync per second/);
  expect(stdout).toMatch(/^append 100B x1 t100 sync s1 f1 +shale +[\d.]+k?\/s/m);
  expect(readdirSync(directory)).toEqual([]);
});

test('--json gives the whole report', async () => {
  const { stdout } = await shale(['bench', directory, ...QUICK, '--rounds', '2', '--json']);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ format: 1, suite: 'quick', roundsWanted: 2, secondsPerCase: 0.05 });
  expect(report.cases[0].rounds).toHaveLength(2);
});

test.each([
  ['a directory that is not there', [join(directory, 'none')], 4, 'there is no directory'],
  ['no case that matches', [directory, '--only', 'nothing'], 2, 'no case of the suite matches'],
  ['a pattern that is none', [directory, '--only', '('], 2, 'Invalid regular expression'],
  ['no rounds', [directory, '--rounds', '0'], 2, 'whole number from 1'],
])('%s is refused', async (_, args, code, message) => {
  const ended = await shale(['bench', ...args]);
  expect(ended.stderr).toContain(message);
  expect(ended.code).toBe(code);
});

test('a file is refused', async () => {
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  const ended = await shale(['bench', file]);
  expect(ended.stderr).toContain('is a file, not a directory');
  expect(ended.code).toBe(2);
});

test('Ctrl-C ends it and leaves nothing behind', async () => {
  const running = start(['bench', directory, '--seconds', '60']);
  await until(() => running.stderr.includes('1/'), 'the first case');
  running.child.kill('SIGINT');
  expect((await running.ended).code).toBe(130);
  expect(readdirSync(directory)).toEqual([]);
});

// The guard's arithmetic, and its workloads without the counting tool: they must do what they say they do.
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryOfFile } from '../../test/support/temporary.js';
import { holdAgainst, parseBaseline } from '../dist/guard/baseline.js';
import { parseCollected } from '../dist/guard/count-instructions.js';
import { WORKLOADS } from '../dist/guard/workloads.js';

const directory = temporaryOfFile('guard');

test('more than 8 % more is more, less than that is the same', () => {
  const baseline = { environment: 'here', instructions: { a: 1000, b: 1000, c: 1000, d: 1000 } };
  const outcomes = holdAgainst({ a: 1081, b: 1079, c: 915, e: 5 }, baseline);
  expect(outcomes.map((one) => [one.name, one.verdict])).toEqual([
    ['a', 'more'],
    ['b', 'same'],
    ['c', 'fewer'],
    ['e', 'new'],
  ]);
});

test('a baseline is checked when it is read, and the stored one has every workload', () => {
  expect(() => parseBaseline({ environment: 'x' })).toThrow('a baseline has');
  expect(() => parseBaseline({ environment: 'x', instructions: { a: '1' } })).toThrow('the baseline of a');
  const stored = readFileSync(new URL('../guard-baseline.json', import.meta.url), 'utf8');
  expect(Object.keys(parseBaseline(JSON.parse(stored)).instructions).sort()).toEqual(
    Object.keys(WORKLOADS).sort(),
  );
});

test('what callgrind collected is understood', () => {
  expect(parseCollected('==1== \n==1== Collected : 514553597\n==1== \n')).toBe(514_553_597);
  expect(() => parseCollected('==1== done')).toThrow('did not say');
});

test.each(Object.keys(WORKLOADS))('the workload %s runs', async (name) => {
  await WORKLOADS[name]?.run(mkdtempSync(join(directory, 'run-')), name.startsWith('replay') ? 10_000 : 1000);
});

// Syncs are counted exactly, whatever code asks for them: the measured process itself reports how many there were.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryOfFile } from '../../../test/support/temporary.js';
import { buildSyncCounter, countingEnvironment } from '../dist/index.js';

const directory = temporaryOfFile('syncs');

const PROGRAM = `
const { openSync, writeSync, fsyncSync, fdatasyncSync, constants } = require('node:fs');
const file = openSync(process.argv[1], 'w');
for (let i = 0; i < 5; i++) { writeSync(file, 'a'); fdatasyncSync(file); }
for (let i = 0; i < 3; i++) fsyncSync(file);
const synced = openSync(process.argv[1], constants.O_WRONLY | constants.O_DSYNC);
for (let i = 0; i < 2; i++) writeSync(synced, 'b');
`;

test('fsync, fdatasync and writes to a file that syncs each write are counted separately', () => {
  const counts = join(directory, 'counts');
  const counting = buildSyncCounter(directory);
  const env = { ...process.env, ...countingEnvironment(counting, counts) };
  const { status, stderr } = spawnSync(process.execPath, ['-e', PROGRAM, join(directory, 'file')], { env });
  expect(status, stderr.toString()).toBe(0);
  const numbers = new BigUint64Array(new Uint8Array(readFileSync(counts)).buffer);
  expect([...numbers]).toEqual([3n, 5n, 0n, 0n, 2n]);
});

test('without a compiler the reason is given, and nothing is preloaded', () => {
  const before = process.env.CC;
  process.env.CC = join(directory, 'no-such-compiler');
  try {
    const counting = buildSyncCounter(directory);
    expect(counting).toEqual({ missing: expect.stringContaining('no C compiler') });
    expect(countingEnvironment(counting, join(directory, 'unused'))).toEqual({});
  } finally {
    if (before === undefined) delete process.env.CC;
    else process.env.CC = before;
  }
});

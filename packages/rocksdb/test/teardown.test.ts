import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRange, verifyTable, writeRuns } from './fixtures/entries.mjs';
import { runChild } from './support/child.js';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const id = { region: 1n, table: 1n };
const everything = { lower: Uint8Array.of(1), upper: Uint8Array.of(2) };
const kinds = ['write', 'scan', 'fetch', 'flush', 'compact', 'trim', 'mixed'];
const manners = [
  'terminate',
  'terminate-and-close',
  'close-main',
  'exit',
  'exit-after-close',
  'exit-in-calls',
  'throw',
  'unclosed',
  'worker-exits',
];
const cases = manners.flatMap((manner) => kinds.map((kind) => [manner, kind] as const));

test.each(cases)(
  '%s while threads %s: the process ends as it should and the data is whole',
  async (manner, kind) => {
    const path = join(temporaryFolder(), 'db');
    const outcome = await runChild('teardown.mjs', [path, kind, manner]);
    const exits = manner.startsWith('exit') || manner === 'throw';
    expect(outcome).toEqual({ status: exits ? 7 : 0, signal: null, output: '' });

    const database = await temporaryDatabase({}, path);
    const last = new Map<bigint, bigint>();
    for (const entry of readRange(database, everything, { chunkBytes: 1 << 20 })) {
      const before = last.get(entry.table);
      if (before !== undefined && entry.sequence !== before + 1n)
        throw new Error(`hole at ${entry.sequence}`);
      last.set(entry.table, entry.sequence);
    }
    expect(last.get(1n)).toBeGreaterThanOrEqual(1000n);
  },
);

test('a process exits as it was told while it opens its first database', async () => {
  const path = join(temporaryFolder(), 'db');
  const database = await temporaryDatabase({}, path);
  let next = 1n;
  // So many that opening them takes a while.
  for (; next <= 60n; next++) {
    writeRuns(database, [{ id, first: next, count: 1 }]);
    await database.flush();
  }
  await database.close();
  for (let milliseconds = 0; milliseconds < 40; milliseconds += 4) {
    const outcome = await runChild('exit-while-opening.mjs', [path, String(milliseconds)]);
    expect(outcome).toEqual({ status: 7, signal: null, output: '' });
  }
  verifyTable(await temporaryDatabase({}, path), id, 1n, next - 1n);
});

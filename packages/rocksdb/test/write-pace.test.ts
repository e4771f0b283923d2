import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { verifyTable, writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase } from './support/temporary.js';

const id = { region: 1n, table: 1n };

test('writes wait a little while flushes do not keep up, and are counted by that cause', async () => {
  const database = await temporaryDatabase({ writeBufferSize: 256 * 1024 });
  expect(database.stalls()).toEqual({
    memory: { count: 0, ms: 0 },
    level0: { count: 0, ms: 0 },
    stopped: { count: 0, ms: 0 },
  });
  let last = 0n;
  while (database.stalls().memory.count === 0) {
    writeRuns(database, [{ id, first: last + 1n, count: 1000 }]);
    last += 1000n;
    // Otherwise nothing could end the test where writes never wait.
    await setImmediate();
  }
  verifyTable(database, id, 1n, last);
});

test('writes wait a little while passes do not keep up, and are counted by that cause', async () => {
  const database = await temporaryDatabase({
    level0FileNumCompactionTrigger: 1,
    level0SlowdownWritesTrigger: 1,
    level0StopWritesTrigger: 1,
  });
  let last = 0n;
  while (database.stalls().level0.count === 0) {
    writeRuns(database, [{ id, first: last + 1n, count: 1000 }]);
    await database.flush();
    writeRuns(database, [{ id, first: last + 1001n, count: 1000 }]);
    last += 2000n;
  }
  verifyTable(database, id, 1n, last);
});

test('times when RocksDB stops all writes are counted, and what passes between two of them is not', async () => {
  const database = await temporaryDatabase({
    writeBufferSize: 64 * 1024,
    maxWriteBufferNumber: 2,
    minWriteBufferNumberToMerge: 1,
  });
  let last = 0n;
  let inWritesMs = 0;
  for (let stops = 0; stops < 5; ) {
    const started = performance.now();
    writeRuns(database, [{ id, first: last + 1n, count: 2000 }]);
    inWritesMs += performance.now() - started;
    last += 2000n;
    const { count } = database.stalls().stopped;
    if (count > stops) await setTimeout(100);
    else await setImmediate();
    stops = count;
  }
  const { ms } = database.stalls().stopped;
  expect(ms).toBeGreaterThan(0);
  expect(ms).toBeLessThanOrEqual(inWritesMs);
  verifyTable(database, id, 1n, last);
});

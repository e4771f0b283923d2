/*
 * What went wrong: each chunk of a read was awaited in a race against one promise that lived as long as the read, and a
 * promise keeps what waits for it: so every chunk handed out stayed in memory until the read ended.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { bytes, open, rejectsWith } from '../support.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test('a read lets go of the chunks that it has handed out', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  const batch = Array.from({ length: 200 }, () => new Uint8Array(1000));
  for (let i = 0; i < 20; i++) await table.appendBatch(batch);
  const chunks: WeakRef<ArrayBufferLike>[] = [];
  for await (const chunk of table.read({}, { chunkEntries: 50 }).chunks()) {
    chunks.push(new WeakRef(chunk.payloadAt(0).buffer));
    if (chunks.length < 70) continue;
    // In a turn of its own: until the end of this one, weak references keep what they were made of.
    await setImmediate();
    collectGarbage();
    break;
  }
  const alive = chunks.filter((chunk) => chunk.deref() !== undefined).length;
  expect(chunks).toHaveLength(70);
  // The one at hand, those that are being fetched, and what the machine has in its registers.
  expect(alive).toBeLessThan(10);
});

test('a call that waits for a chunk fails at once when the signal is aborted, and so do all after it', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('x'));
  const controller = new AbortController();
  const reading = table.read({}, { signal: controller.signal }).chunks();
  const waiting = reading.next();
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(reading.next()).rejects.toThrow('enough');
  const other = table.read().chunks();
  const cut = other.next();
  const closing = wal.close();
  await rejectsWith('SHALE_CLOSED', cut);
  await closing;
});

/*
 * What went wrong: a trim ends the frame before it. While there was no thread, as between its death and the next one's
 * start, each append followed by a trim so kept a whole frame buffer of 512 KiB, whatever maxInFlightBytes said.
 */
import { expect, test } from 'vitest';
import { failStarts } from '../failing-starts.js';
import { all, bytes, endThread, open, text } from '../support.js';

test('appends and trims by turns while the thread is away take little memory, and keep their order', async () => {
  const wal = await open({ shards: 1, durability: 'os' });
  const table = wal.table({ region: 1, table: 1 });
  await table.append(bytes('first'));
  const { failed } = failStarts(3);
  await endThread(wal, 0);
  const before = process.memoryUsage().arrayBuffers;
  const work: Promise<unknown>[] = [];
  for (let i = 0; i < 200; i++) {
    work.push(table.append(bytes(`a${i}`)), table.trim(BigInt(i + 2)), table.append(bytes(`b${i}`)));
  }
  const grown = process.memoryUsage().arrayBuffers - before;
  await failed;
  await Promise.all(work);
  expect(grown).toBeLessThan(4 * 1024 * 1024);
  const entries = await all(table.read());
  expect(entries.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 200 }, (_, i) => BigInt(i + 202)),
  );
  expect(text(entries.at(-1)?.payload ?? bytes(''))).toBe('b199');
});

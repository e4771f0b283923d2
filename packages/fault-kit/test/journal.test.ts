import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { JournalWriter, payloadHeader, payloadOf, readJournal } from '@shale/fault-kit';
import { expect, test } from 'vitest';
import { part, temporary } from './support.js';

test('a journal is read as it was written, without a last line that was torn', async () => {
  const path = join(await temporary(), 'journal');
  const writer = new JournalWriter(path);
  writer.write({ op: 'submit', id: 1, kind: 'sync' });
  expect(readJournal(path)).toEqual([{ op: 'submit', id: 1, kind: 'sync' }]);
  writer.write({ op: 'ack', id: 1 });
  writer.close();
  appendFileSync(path, '{"op":"submit","id":2,"ki');
  expect(readJournal(path)).toEqual([
    { op: 'submit', id: 1, kind: 'sync' },
    { op: 'ack', id: 1 },
  ]);
});

test('a process that died before its first line has an empty journal', async () => {
  expect(readJournal(join(await temporary(), 'none'))).toEqual([]);
});

test('a payload follows from its part and index, differs from all others, and says what it is', () => {
  const parts = [
    part(1, 3),
    part(2, 3),
    part(2 ** 52 + 1, 3),
    part(1, 3, 6),
    { name: 'n', count: 3, seed: 1 },
  ];
  const all = parts.flatMap((one) =>
    [0, 1, 2].map((index) => Buffer.from(payloadOf(one, index)).toString('hex')),
  );
  expect(new Set(all).size).toBe(15);
  const again = parts.flatMap((one) =>
    [0, 1, 2].map((index) => Buffer.from(payloadOf(one, index)).toString('hex')),
  );
  expect(again).toEqual(all);
  const payload = payloadOf(part(2 ** 52 + 1, 3), 2);
  expect(payloadHeader(payload)).toEqual({ seed: 2 ** 52 + 1, index: 2, length: payload.length });
  const sized = Array.from(
    { length: 50 },
    (_, index) => payloadOf({ ...part(1, 50), bytes: [20, 40] }, index).length,
  );
  expect(Math.min(...sized)).toBeGreaterThanOrEqual(20);
  expect(Math.max(...sized)).toBeLessThanOrEqual(40);
  expect(new Set(sized).size).toBeGreaterThan(5);
});

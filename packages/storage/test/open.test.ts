import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { attachLog, openLog } from '@shale/storage';
import { expect, test } from 'vitest';
import {
  codeOf,
  directory,
  errorOf,
  fill,
  fresh,
  open,
  payloads,
  rejectsWith,
  sequences,
} from './support.js';

const id = { region: 1n, table: 1n };

test('a second log of the same instance in this process is refused with the path', async () => {
  const log = await fresh();
  await expect(openLog(log.path)).rejects.toMatchObject({ code: 'SHALE_LOCKED', path: log.path });
});

test('the claim is given back by close', async () => {
  const log = await fresh();
  await log.close();
  const again = await open(log.path);
  expect(again.state).toBe('open');
});

test('another instance of the same database, and a log without a claim, can be opened beside it', async () => {
  const log = await fresh();
  await open(log.path, { instance: 1 });
  await open(log.path, { claim: false });
  expect(log.state).toBe('open');
});

test('create: false and readOnly refuse a directory without a database, and create nothing', async () => {
  const path = await directory();
  await rejectsWith('SHALE_NOT_FOUND', openLog(path, { create: false }));
  await rejectsWith('SHALE_NOT_FOUND', openLog(path, { readOnly: true }));
  await mkdir(path);
  await rejectsWith('SHALE_NOT_FOUND', openLog(path, { create: false }));
});

test('attachLog needs a handle that this process has open', async () => {
  const path = await directory();
  await mkdir(path);
  expect(codeOf(() => attachLog(path))).toBe('SHALE_CLOSED');
});

test('an attached log sees what is there and outlives the log it was attached beside', async () => {
  const log = await fresh();
  fill(log, id, 3);
  const attached = attachLog(log.path);
  await log.close();
  expect(sequences(attached, id)).toEqual([1n, 2n, 3n]);
  expect(attached.append(id, payloads(1), { sync: false })).toEqual({ first: 4n, last: 4n });
  await attached.close();
});

test('options that differ from those of the handle in use are refused', async () => {
  const log = await fresh();
  const other = openLog(log.path, { instance: 1, rocksdb: { writeBufferSize: 1024 * 1024 } });
  await expect(other).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT', path: log.path });
});

test('options that make no sense are refused', async () => {
  const path = await directory();
  for (const instance of [-1, 128, 1.5, Number.NaN]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', openLog(path, { instance }));
  }
  await rejectsWith('SHALE_INVALID_ARGUMENT', openLog(path, { rocksdb: { maxBackgroundJobs: 0 } }));
});

test('FIFO compaction, which deletes names and floors with the oldest entries, is refused', async () => {
  const path = await directory();
  const rocksdb = { fifoCompactionMaxTableFilesSize: 1 << 20 };
  const refused = openLog(path, { rocksdb });
  await expect(refused).rejects.toMatchObject({
    code: 'SHALE_INVALID_ARGUMENT',
    message: expect.stringContaining('fifoCompactionMaxTableFilesSize'),
    path,
  });
  expect(existsSync(path)).toBe(false);
  await rejectsWith('SHALE_INVALID_ARGUMENT', openLog(path, { readOnly: true, rocksdb }));
  await open(path, { rocksdb: { fifoCompactionMaxTableFilesSize: 0 } });
});

test('a read-only log reads, and refuses everything that changes something', async () => {
  const writer = await fresh();
  fill(writer, id, 5);
  await writer.flush();
  const log = await open(writer.path, { readOnly: true });
  expect(log.readOnly).toBe(true);
  expect(sequences(log, id)).toEqual([1n, 2n, 3n, 4n, 5n]);
  expect(log.openRegion(1n).tables).toBe(1);
  expect([...log.verify()].at(-1)).toMatchObject({ type: 'totals', errors: 0 });
  expect(codeOf(() => log.append(id, payloads(1)))).toBe('SHALE_READ_ONLY');
  expect(codeOf(() => log.write([]))).toBe('SHALE_READ_ONLY');
  expect(codeOf(() => log.trim(id, 1n))).toBe('SHALE_READ_ONLY');
  expect(codeOf(() => log.drop(id))).toBe('SHALE_READ_ONLY');
  for (const change of [log.sync(), log.flush(), log.reclaim([]), log.compact(), log.resume()]) {
    await rejectsWith('SHALE_READ_ONLY', change);
  }
});

test('a closed log refuses everything with the path, also in generators under way', async () => {
  const log = await fresh();
  fill(log, id, 5);
  const reading = log.read(id, {}, { chunkEntries: 1 });
  const scanning = log.scanRegion(1n, { chunkEntries: 1 });
  const verifying = log.verify();
  expect(reading.next().value?.sequence).toBe(1n);
  expect(scanning.next().value?.sequence).toBe(1n);
  await log.close();
  expect(log.state).toBe('closed');
  for (const call of [
    () => log.append(id, []),
    () => log.read(id),
    () => log.heads(),
    () => log.stats(),
    () => log.openRegion(1n),
    () => reading.next(),
    () => reading.next(),
    () => scanning.next(),
    () => verifying.next(),
  ]) {
    expect(errorOf(call)).toMatchObject({ code: 'SHALE_CLOSED', path: log.path });
  }
  await rejectsWith('SHALE_CLOSED', log.flush());
  await log.close();
});

test('await using closes the log', async () => {
  const path = await directory();
  {
    await using log = await openLog(path);
    fill(log, id, 1);
  }
  await using again = await openLog(path);
  expect(again.lastSequence(id)).toBe(1n);
});

test('a checkpoint is a database of its own', async () => {
  const log = await fresh();
  fill(log, id, 3);
  const target = `${log.path}-copy`;
  await log.checkpoint(target);
  fill(log, id, 1);
  const copy = await open(target);
  expect(sequences(copy, id)).toEqual([1n, 2n, 3n]);
});

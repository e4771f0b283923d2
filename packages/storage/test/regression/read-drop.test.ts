/*
 * What went wrong: a read whose table was dropped and begun anew went on in the new table as soon as that had as many
 * entries: it gave entries of two tables, and no error.
 */
import { attachLog, toBounds } from '@shale/storage';
import { expect, test } from 'vitest';
import { fill, fresh } from '../support.js';

const id = { region: 1n, table: 7n };
const twin = { region: 2n, table: 7n };

test('a read does not go on in a table that was dropped and begun anew', async () => {
  const log = await fresh();
  fill(log, id, 100);
  const chunks = log.readChunks(id, {}, { chunkEntries: 10 });
  expect(chunks.next().value?.length).toBe(10);
  log.drop(id);
  fill(log, id, 1000);
  expect(() => chunks.next()).toThrow(expect.objectContaining({ code: 'SHALE_TRIMMED', table: id }));
});

test('a read goes on when the same table id of another region is dropped', async () => {
  const log = await fresh();
  fill(log, id, 100);
  fill(log, twin, 100);
  const chunks = log.readChunks(id, {}, { chunkEntries: 10 });
  chunks.next();
  log.drop(twin);
  log.drop({ region: 1n, table: 8n });
  expect([...chunks].map(({ length }) => length)).toEqual(Array(9).fill(10));
});

test('it holds when another log has taken the table over meanwhile', async () => {
  const log = await fresh();
  const first = attachLog(log.path);
  fill(first, id, 100);
  const span = first.resolveRange(id, toBounds({}), log.watch(id)) ?? expect.fail();
  const { next } = first.readChunk(id, span, new ArrayBuffer(4096), 10);
  await first.close();
  const second = attachLog(log.path);
  const rest = { ...span, from: next ?? expect.fail() };
  expect(second.readChunk(id, rest, new ArrayBuffer(4096), 10).layout.entries).toBe(10);
  second.drop(id);
  fill(second, id, 1000);
  await second.close();
  const third = attachLog(log.path);
  expect(() => third.readChunk(id, rest, new ArrayBuffer(4096), 10)).toThrow(
    expect.objectContaining({ code: 'SHALE_TRIMMED' }),
  );
  await third.close();
});

test('a drop before the range is fixed is none of the read, though its watch has begun', async () => {
  const log = await fresh();
  fill(log, id, 100);
  const watch = log.watch(id);
  log.drop(id);
  fill(log, id, 10);
  const span = log.resolveRange(id, toBounds({}), watch) ?? expect.fail();
  expect(log.readChunk(id, span, new ArrayBuffer(4096)).layout.entries).toBe(10);
  log.drop(id);
  fill(log, id, 10);
  expect(() => log.readChunk(id, span, new ArrayBuffer(4096))).toThrow(
    expect.objectContaining({ code: 'SHALE_TRIMMED' }),
  );
  log.unwatch(watch);
  expect(() => log.readChunk(id, span, new ArrayBuffer(4096))).toThrow(
    expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }),
  );
});

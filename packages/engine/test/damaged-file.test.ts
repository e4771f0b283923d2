import { channel } from 'node:diagnostics_channel';
import { closeSync, openSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { HealthEvent, Table, Wal } from '@shale/engine';
import { readDamagedFiles } from '@shale/engine/admin';
import { afterEach, expect, test } from 'vitest';
import { bytes, open, rejectsWith, temporary } from './support.js';

const health = channel('shale:health');
const events: HealthEvent[] = [];
const listen = (event: unknown): void => {
  events.push(event as HealthEvent);
};

afterEach(() => {
  health.unsubscribe(listen);
  events.length = 0;
});

const rocksdb = {
  level0FileNumCompactionTrigger: 4,
  level0SlowdownWritesTrigger: 5,
  level0StopWritesTrigger: 6,
};

/** Files of level 0 that overlap, so that a compaction has to read them. */
async function round(wal: Wal): Promise<void> {
  for (const table of [1n, 3n]) await wal.table({ region: 1n, table }).append(bytes(`entry of ${table}`));
  await wal.flush();
}

async function sequencesOf(table: Table): Promise<bigint[]> {
  const sequences: bigint[] = [];
  for await (const { sequence } of table.read()) sequences.push(sequence);
  return sequences;
}

test('a damaged block is told of once, by stats, channel and file, and appends, trims and reads go on', async () => {
  health.subscribe(listen);
  const path = join(await temporary(), 'data');
  const wal = await open({ path, rocksdb });
  const damaged = wal.table({ region: 1n, table: 2n });
  await damaged.appendBatch(Array.from({ length: 500 }, () => bytes('x'.repeat(100))));
  await wal.flush();
  const name = readdirSync(wal.path).find((found) => found.endsWith('.sst')) ?? '';
  const file = join(wal.path, name);
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(100, 0x55), 0, 100, Math.floor(statSync(file).size / 2));
  closeSync(handle);
  while (events.length === 0) {
    await round(wal);
    await setTimeout(10);
  }
  const table = { instance: 0, region: 1n, table: 2n };
  const damage = { file: name, first: table, last: table, message: expect.stringContaining('checksum') };
  expect(events).toEqual([
    expect.objectContaining({
      type: 'damage',
      path: wal.path,
      instance: 0,
      damage,
      error: expect.objectContaining({ code: 'SHALE_CORRUPT', path: wal.path }),
    }),
  ]);
  for (let i = 0; i < 10; i++) await round(wal);
  const other = wal.table({ region: 1n, table: 1n });
  const last = await other.lastSequence();
  await other.trim(last - 1n);
  expect(await sequencesOf(other)).toEqual([last]);
  expect(await damaged.append(bytes('one more'))).toBe(501n);
  await rejectsWith('SHALE_CORRUPT', sequencesOf(damaged));
  // What asks for a compaction is told, and nothing follows from it.
  await rejectsWith('SHALE_CORRUPT', wal.compact());
  await other.append(bytes('after that'));
  expect(await wal.stats()).toMatchObject({ health: 'well', damagedFiles: [damage] });
  expect(readDamagedFiles(wal.path)).toMatchObject([damage]);
  expect(events).toHaveLength(1);
});

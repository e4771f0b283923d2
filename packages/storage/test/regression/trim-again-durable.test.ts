/*
 * What went wrong: a trim with `sync` that found nothing left to remove, because one without had gone as far already,
 * was acknowledged without a sync. After a power failure the entries were there again.
 */
import { expect, test } from 'vitest';
import { directory, fill, open, sequences } from '../support.js';

const id = { region: 1n, table: 7n };

test('a synced trim makes those before it durable, also when there is nothing left for it to remove', async () => {
  const log = await open(await directory(), { rocksdb: { enableStatistics: true } });
  const syncs = () => log.stats().rocksdb.tickers?.['rocksdb.wal.synced'] ?? Number.NaN;
  fill(log, id, 10);
  log.trim(id, 6n, { sync: false });
  const before = syncs();
  expect(log.trim(id, 4n, { sync: true })).toEqual({ trimmed: 7n, last: 10n, range: null });
  expect(syncs()).toBe(before + 1);
  // It is known now.
  log.trim(id, 5n, { sync: true });
  expect(syncs()).toBe(before + 1);
  log.trim(id, 10n, { sync: false });
  expect(log.trim(id, 10n, { sync: true })).toEqual({ trimmed: 11n, last: 10n, range: null });
  expect(syncs()).toBe(before + 2);
  expect([...log.floors()]).toEqual([{ table: 7n, floor: 10n }]);
  expect(sequences(log, id)).toEqual([]);
});

test('a synced trim of a table that was trimmed before this opening makes sure once, and one never trimmed needs nothing', async () => {
  const path = await directory();
  const first = await open(path);
  fill(first, id, 10);
  first.trim(id, 6n, { sync: false });
  fill(first, { region: 1n, table: 8n }, 3);
  await first.close();
  const log = await open(path, { rocksdb: { enableStatistics: true } });
  const syncs = () => log.stats().rocksdb.tickers?.['rocksdb.wal.synced'] ?? Number.NaN;
  const before = syncs();
  log.trim({ region: 1n, table: 8n }, 0n, { sync: true });
  expect(syncs()).toBe(before);
  log.trim(id, 2n, { sync: true });
  log.trim(id, 2n, { sync: true });
  expect(syncs()).toBe(before + 1);
});

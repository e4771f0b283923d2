/*
 * What went wrong: a compaction that close() had ended was rejected with SHALE_IO, as if the disk had failed.
 */
import { RocksDBError } from '@shale/rocksdb';
import { expect, test } from 'vitest';
import { toWalError } from '../../dist/errors.js';
import { directory, fill, open } from '../support.js';

test('what was ended because the database closes fails with SHALE_CLOSED', () => {
  const ended = new RocksDBError(
    'ROCKSDB_INCOMPLETE',
    'Manual compaction paused',
    'manualCompactionPaused',
    'none',
  );
  expect(toWalError(ended, {}).code).toBe('SHALE_CLOSED');
});

test('a compaction that close() meets is done or fails with SHALE_CLOSED', async () => {
  const log = await open(await directory());
  for (let i = 0n; i < 4n; i++) {
    fill(log, { region: 1n, table: i }, 500, 5000);
    await log.flush();
  }
  const outcome = log.compact().then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
  await log.close();
  expect(['done', 'SHALE_CLOSED']).toContain(await outcome);
});

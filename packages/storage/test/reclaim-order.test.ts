import { mkdir } from 'node:fs/promises';
import { encodeMetaValue, type KeyRange, tableRangeUpTo } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { expect, test } from 'vitest';
// Internal: what is at stake here, a tombstone compacted into a file that is dropped above an older one that stays,
// takes a database of several levels, far larger than a test can make.
import { reclaim } from '../dist/space/reclaim.js';
import type { LogContext } from '../dist/tables/context.js';
import { directory } from './support.js';

const id = { region: 1n, table: 7n };
const range = tableRangeUpTo(0, id, 9n);

/** A database with one file inside the trimmed range, which notes what it is asked to change. */
async function stub(shows: () => boolean): Promise<{ context: LogContext; changes: string[] }> {
  const changes: string[] = [];
  const floor = new Uint8Array(9);
  encodeMetaValue(floor, 0, 9n);
  const db: Partial<Record<keyof Database, unknown>> = {
    get: () => floor,
    scan: () => ({ entries: shows() ? 1 : 0, neededBytes: 0 }),
    liveFiles: () => [{ level: 1, smallest: range.lower, largest: range.upper }],
    property: () => '0',
    drops: () => 0n,
    droppedSince: () => false,
    deleteRangeUnlessDropped: (
      lower: Uint8Array,
      _upper: Uint8Array,
      _key: Uint8Array,
      _since: bigint,
      options: { sync: boolean },
    ) => {
      changes.push(`delete ${Buffer.from(lower).toString('hex')} ${options.sync ? 'synced' : ''}`.trim());
      return true;
    },
    deleteFilesInRanges: async (ranges: readonly unknown[]) =>
      void changes.push(`drop files of ${ranges.length}`),
  };
  const path = await directory();
  await mkdir(path);
  const tables = { glance: () => undefined };
  return { context: { db, path, instance: 0, tables } as unknown as LogContext, changes };
}

const deleted = `delete ${Buffer.from(range.lower).toString('hex')} synced`;

test('tombstones are written anew and synced before files are dropped', async () => {
  const { context, changes } = await stub(() => false);
  await reclaim(context, [range] satisfies KeyRange[], {});
  expect(changes).toEqual([deleted, 'drop files of 1']);
});

test('entries that show again after files were dropped are removed again', async () => {
  const { context, changes } = await stub(() => changes.includes('drop files of 1'));
  await reclaim(context, [range] satisfies KeyRange[], {});
  expect(changes).toEqual([deleted, 'drop files of 1', deleted]);
});

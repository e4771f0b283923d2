/*
 * What went wrong: a reclaim looked once whether its ranges were trimmed, and removed them for good after several
 * waits. A table that was dropped meanwhile begins at 1 again, inside its old range: its new entries, acknowledged and
 * synced, were deleted with it. And the deletion that a reclaim wrote anew raised a metadata record by 0, so that a
 * dropped table got one again.
 */
import { tableRangeUpTo } from '@shale/codec';
import { attachDatabase, type Database } from '@shale/rocksdb';
import { attachLog, type Log } from '@shale/storage';
import { expect, test } from 'vitest';
import { reclaim } from '../../dist/space/reclaim.js';
import type { LogContext } from '../../dist/tables/context.js';
import { fill, fresh, payloads, sequences } from '../support.js';

const id = { region: 1n, table: 7n };
const twin = { region: 2n, table: 7n };

/** A log with a trimmed table that has a whole file of its own below level 0: the kind that a reclaim drops. */
async function trimmed(): Promise<{ log: Log; range: ReturnType<typeof tableRangeUpTo> }> {
  const log = await fresh();
  fill(log, id, 300, 10_000);
  await log.flush();
  await log.compact();
  const { range } = log.trim(id, 300n);
  expect(range).toEqual(tableRangeUpTo(0, id, 300n));
  return { log, range: tableRangeUpTo(0, id, 300n) };
}

test.each([false, true])(
  'a table dropped and begun anew during a reclaim keeps its entries (deep: %s)',
  async (deep) => {
    const { log, range } = await trimmed();
    const reclaiming = log.reclaim([range], { deep });
    log.drop(id);
    log.append(id, payloads(5));
    await reclaiming;
    expect(sequences(log, id)).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(log.append(id, payloads(1)).first).toBe(6n);
  },
);

test('a reclaim during which its table is dropped leaves no metadata record of it', async () => {
  const { log, range } = await trimmed();
  const reclaiming = log.reclaim([range]);
  log.drop(id);
  await reclaiming;
  expect([...log.floors()]).toEqual([]);
  expect([...log.tables()]).toEqual([]);
});

test('files of a table that was dropped and begun anew are not dropped, however late the drop', async () => {
  const { log, range } = await trimmed();
  const db = attachDatabase(log.path);
  // Between the call of the native function and its start there may be much else to do for its thread: here the new
  // entries even reach a file of their own, below level 0 and inside the range.
  const late = async (...given: Parameters<Database['deleteFilesInRanges']>): Promise<void> => {
    log.drop(id);
    fill(log, id, 50, 10_000);
    await log.flush();
    await log.compact();
    await db.deleteFilesInRanges(...given);
  };
  await reclaim(contextWith(log, db, { deleteFilesInRanges: late }), [range], {});
  expect(sequences(log, id)).toHaveLength(50);
  await db.close();
});

test('ranges of tables that were dropped after the caller had looked are left out, whatever their records say', async () => {
  const { log, range } = await trimmed();
  const since = log.dropCount();
  log.drop(id);
  // The record that both tables share says again that everything up to 500 is gone, and nothing shows in the range.
  fill(log, twin, 500);
  log.trim(twin, 500n);
  const other = attachLog(log.path);
  const reclaiming = other.reclaim([range], { since });
  log.append(id, payloads(3));
  await reclaiming;
  expect(sequences(log, id)).toEqual([1n, 2n, 3n]);
  await other.close();
});

test('a table that is dropped and begun anew while its range is being checked is left alone, and not refused', async () => {
  const { log, range } = await trimmed();
  const db = attachDatabase(log.path);
  // The check of many ranges rests now and then; here the drop comes between two looks at the same one.
  const dropping = (...given: Parameters<Database['droppedSince']>): boolean => {
    const dropped = db.droppedSince(...given);
    if (dropped) return true;
    log.drop(id);
    log.append(id, payloads(3));
    return false;
  };
  await reclaim(contextWith(log, db, { droppedSince: dropping }), [range], {});
  expect(sequences(log, id)).toEqual([1n, 2n, 3n]);
  await db.close();
});

test('a log refuses a range of a table that it has begun anew itself, whatever the record says', async () => {
  const { log, range } = await trimmed();
  log.drop(id);
  fill(log, twin, 500);
  log.trim(twin, 500n);
  await expect(log.reclaim([range])).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
});

/** What a reclaim works on, with some calls of the database replaced. */
function contextWith(log: Log, db: Database, replaced: Partial<Database>): LogContext {
  const replacing = new Proxy(db, {
    get: (target, name) => {
      const value = Reflect.get(Object.hasOwn(replaced, name) ? replaced : target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const tables = { glance: () => undefined };
  return { db: replacing, path: log.path, instance: 0, tables } as unknown as LogContext;
}

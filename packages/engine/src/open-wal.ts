import { type Log, openLog, toPath } from '@shale/storage';
import { Engine } from './engine.js';
import { remember } from './internals.js';
import { resolveOptions, type WalOptions } from './options.js';
import { ShardThread } from './shard/shard-thread.js';
import { Wal } from './wal.js';

/**
 * Opens the write-ahead log in a directory, or makes one. The directory is named by its path or a `file:` URL. Costs
 * the same whatever it holds: a table is recovered when it is first touched.
 *
 * Rejects with SHALE_LOCKED (another process has the database, which the message names, or this one has it open with
 * the same instance, whatever path it was opened by), SHALE_NOT_FOUND (nothing there, and `create: false` or
 * `readOnly: true`), SHALE_INVALID_ARGUMENT, SHALE_CORRUPT (files are damaged, or entries that were acknowledged are
 * missing: then the error has a report as `recovery`, and `recovery: 'salvage'` opens what is left), SHALE_NO_SPACE,
 * SHALE_NO_RESOURCES, SHALE_IO, and SHALE_UNSUPPORTED when the RocksDB library or the addon is missing, the file
 * system has no locks, or another program has left what this RocksDB cannot read.
 *
 * ```ts
 * import { openWal } from '@shale/engine';
 *
 * await using wal = await openWal('./data');
 * const sequence = await wal.table({ region: 1n, table: 42n }).append(Buffer.from('one'));
 * ```
 */
export async function openWal(path: string | URL, options?: WalOptions): Promise<Wal> {
  const directory = toPath(path, 'path');
  const resolved = resolveOptions(options);
  // The threads start and load their code while the database is being opened: that takes longer.
  const threads = ShardThread.start(resolved.shards);
  let log: Log;
  try {
    log = await openLog(directory, {
      instance: resolved.instance,
      create: resolved.create,
      readOnly: resolved.readOnly,
      recovery: resolved.recovery,
      rocksdb: resolved.rocksdb,
    });
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.end()));
    throw error;
  }
  const engine = new Engine(log, resolved);
  try {
    await engine.start(threads);
  } catch (error) {
    await log.close();
    throw error;
  }
  const wal = new Wal(engine);
  remember(wal, engine);
  return wal;
}

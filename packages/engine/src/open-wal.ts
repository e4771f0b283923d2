import type { WalError } from '@shale/codec';
import { fromHere, type Log, openLog, realPath, toPath } from '@shale/storage';
import { Engine, threadCount } from './engine.js';
import { InspectServer } from './inspect/server.js';
import { remember } from './internals.js';
import { whenUnlocked } from './lock-wait.js';
import { type ResolvedOptions, resolveOptions, type WalOptions } from './options.js';
import { ShardThread } from './shard/shard-thread.js';
import { shareWal } from './shared-wals.js';
import { Wal } from './wal.js';

/**
 * Opens the write-ahead log in a directory, or makes one. The directory is named by its path or a `file:` URL. Costs
 * the same whatever it holds: a table is recovered when it is first touched.
 *
 * Rejects with SHALE_LOCKED (another process has the database, which the message names by its process id, or this one
 * has it open with the same instance, whatever path it was opened by; `waitForLock` waits for it), SHALE_NOT_FOUND (nothing there, and `create: false` or
 * `readOnly: true`), SHALE_INVALID_ARGUMENT, SHALE_CORRUPT (files are damaged, or entries that were acknowledged are
 * missing: then the error has a report as `recovery`, and `recovery: 'salvage'` opens what is left), SHALE_NO_SPACE,
 * SHALE_NO_RESOURCES, SHALE_IO, and SHALE_UNSUPPORTED when the RocksDB library or the addon is missing, the file
 * system has no locks, another program has left what this RocksDB cannot read, or a later version of Shale what this
 * one does not know.
 *
 * ```ts
 * import { openWal } from '@shale/engine';
 *
 * await using wal = await openWal('./data');
 * const sequence = await wal.table({ region: 1n, table: 42n }).append(Buffer.from('one'));
 * ```
 */
export async function openWal(path: string | URL, options?: WalOptions): Promise<Wal> {
  const named = toPath(path, 'path');
  const { waitForLock, signal, reuse, ...resolved } = resolveOptions(options);
  // What waits must not lead elsewhere when the process changes its directory meanwhile.
  const directory = reuse ? await realPath(named) : waitForLock > 0 ? fromHere(named, 'path') : named;
  const open = (): Promise<Engine> => openEngine(directory, resolved, waitForLock, signal);
  if (reuse) return await shareWal(directory, resolved, open);
  const engine = await open();
  const wal = new Wal(engine);
  remember(wal, engine);
  return wal;
}

async function openEngine(
  directory: string,
  resolved: ResolvedOptions,
  waitForLock: number,
  signal: AbortSignal | undefined,
): Promise<Engine> {
  // The threads start and load their code while the database is being opened: that takes longer.
  const threads = ShardThread.start(threadCount(resolved));
  let log: Log;
  try {
    const open = (): Promise<Log> =>
      openLog(directory, {
        instance: resolved.instance,
        create: resolved.create,
        readOnly: resolved.readOnly,
        recovery: resolved.recovery,
        rocksdb: resolved.rocksdb,
      });
    log = await whenUnlocked(open, waitForLock, signal);
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
  if (resolved.inspect) await letLookIn(engine);
  return engine;
}

/** What watches the WAL must not be what keeps it from being opened. */
async function letLookIn(engine: Engine): Promise<void> {
  try {
    const server = await InspectServer.open(new Wal(engine));
    engine.whenClosing(() => server.end());
  } catch (error) {
    engine.inspectTrouble = error as WalError;
    process.emitWarning(engine.inspectTrouble.message, { code: 'SHALE_INSPECT' });
  }
}

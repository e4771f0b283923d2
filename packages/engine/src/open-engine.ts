import type { WalError } from '@shale/codec';
import { type Log, openLog } from '@shale/storage';
import { Engine, threadCount } from './engine.js';
import { InspectServer } from './inspect/server.js';
import { whenUnlocked } from './lock-wait.js';
import type { ResolvedOptions } from './options.js';
import { Seat } from './seat.js';
import { ShardThread } from './shard/shard-thread.js';
import { Wal } from './wal.js';

/** Opens the log in a directory, and starts the threads meanwhile. Rejects as `openWal` does. */
export async function openEngine(
  directory: string,
  resolved: ResolvedOptions,
  waitForLock: number,
  signal: AbortSignal | undefined,
): Promise<Engine> {
  // The threads start and load their code while the database is being opened: that takes longer.
  const threads = ShardThread.start(threadCount(resolved));
  let log: Log;
  try {
    log = await whenUnlocked(() => openIt(directory, resolved), waitForLock, signal);
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.end()));
    throw error;
  }
  return await driven(log, resolved, threads);
}

/** The same for one that looks whether it is the one to open it: no thread is started before that is known. */
export async function openEngineIfFree(directory: string, resolved: ResolvedOptions): Promise<Engine> {
  const log = await openIt(directory, resolved);
  return await driven(log, resolved, ShardThread.start(threadCount(resolved)));
}

async function openIt(directory: string, resolved: ResolvedOptions): Promise<Log> {
  return await openLog(directory, {
    instance: resolved.instance,
    create: resolved.create,
    readOnly: resolved.readOnly,
    recovery: resolved.recovery,
    rocksdb: resolved.rocksdb,
  });
}

async function driven(log: Log, resolved: ResolvedOptions, threads: readonly ShardThread[]): Promise<Engine> {
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
    const server = await InspectServer.open(new Wal(new Seat(engine)));
    engine.whenClosing(() => server.end());
  } catch (error) {
    engine.inspectTrouble = error as WalError;
    process.emitWarning(engine.inspectTrouble.message, { code: 'SHALE_INSPECT' });
  }
}

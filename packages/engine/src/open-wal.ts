import { fromHere, realPath, toPath } from '@shale/storage';
import type { Engine } from './engine.js';
import { remember } from './internals.js';
import { joinWal } from './joined-wal.js';
import { openEngine } from './open-engine.js';
import { resolveOptions, type WalOptions } from './options.js';
import { Seat } from './seat.js';
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
 * one does not know. With `join` also SHALE_UNSUPPORTED when the process that has it open loads another version, and
 * SHALE_OVERLOADED when it lets in no more.
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
  const { waitForLock, signal, reuse, join, ...resolved } = resolveOptions(options);
  // What waits must not lead elsewhere when the process changes its directory meanwhile.
  if (join) return await joinWal(fromHere(named, 'path'), resolved, waitForLock, signal);
  const directory = reuse ? await realPath(named) : waitForLock > 0 ? fromHere(named, 'path') : named;
  const open = (): Promise<Engine> => openEngine(directory, resolved, waitForLock, signal);
  if (reuse) return await shareWal(directory, resolved, open);
  const seat = new Seat(await open());
  const wal = new Wal(seat);
  remember(wal, seat);
  return wal;
}

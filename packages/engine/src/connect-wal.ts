import { MessagePort } from 'node:worker_threads';
import { errorFromData, mustBe, WalError } from '@shale/codec';
import { attachLog, fromCaller } from '@shale/storage';
import { Engine } from './engine.js';
import { remember } from './internals.js';
import type { WalHandle } from './share/clients.js';
import type { Hello, Welcome } from './share/control-messages.js';
import { Opener } from './share/opener.js';
import { VERSION } from './version.js';
import { Wal } from './wal.js';

/**
 * Uses a WAL that another thread of this process has opened, by a handle of its `wal.share()`. The `Wal` has an intake,
 * flow control and memory of its own, within the limits that the WAL was opened with, and talks to the shards directly;
 * what of it is for the thread that opened the WAL alone rejects with SHALE_UNSUPPORTED (docs/embedding.md has the list).
 * Each table's appends keep their order for each thread; those of several are written as they come, in one group commit.
 *
 * `close()` ends the connection and nothing else. When the WAL is closed, what was accepted here is completed, and
 * everything later rejects with SHALE_CLOSED. When the thread that opened it ends without that, what was sent and is not
 * answered rejects with SHALE_OUTCOME_UNKNOWN. A thread that ends without closing leaves nothing: what it has sent is
 * written.
 *
 * It waits for the event loop of the thread that opened the WAL. Rejects with SHALE_INVALID_ARGUMENT when this is no handle,
 * or one that was used already, SHALE_CLOSED when the WAL is closed or the handle was sent on to another thread,
 * SHALE_UNSUPPORTED when the threads have loaded different versions.
 *
 * ```ts
 * import { connectWal, openWal } from '@shale/engine';
 *
 * await using wal = await openWal('./data');
 * // Another thread gets it by worker.postMessage({ handle }, transfer).
 * const { handle, transfer } = wal.share();
 * await using other = await connectWal(handle);
 * console.log(await other.table('events').append(Buffer.from('one')));
 * ```
 */
export async function connectWal(handle: WalHandle): Promise<Wal> {
  const welcome = await greet(portOf(handle));
  const { path, options, handleId, control } = welcome;
  const opener = new Opener(path, control);
  let engine: Engine;
  try {
    const log = attachLog(path, { instance: options.instance, handleId });
    engine = new Engine(log, options, opener);
    try {
      await engine.start([]);
    } catch (error) {
      await log.close();
      throw error;
    }
  } catch (error) {
    opener.leave();
    throw error;
  }
  const wal = new Wal(engine);
  remember(wal, engine);
  opener.begin({
    synced: () => engine.follows.synced(),
    resumed: () => engine.resumedElsewhere(),
    // Whoever closes it here is told what that fails with.
    closing: () => void engine.close().catch(() => undefined),
  });
  return wal;
}

/** Ports of handles that were used in this thread. */
const used = new WeakSet<MessagePort>();

function portOf(handle: WalHandle): MessagePort {
  let port: unknown;
  try {
    port = typeof handle === 'object' && handle !== null ? handle.port : undefined;
  } catch (cause) {
    throw fromCaller('handle', 'the handle cannot be read', cause);
  }
  if (!(port instanceof MessagePort)) throw mustBe('handle', 'a handle of wal.share()', handle);
  if (used.has(port)) throw usedAlready();
  used.add(port);
  return port;
}

/** Says hello by the port of a handle, which is of no use afterwards. */
async function greet(port: MessagePort): Promise<Exclude<Welcome, { readonly refused: unknown }>> {
  const welcome = await new Promise<Welcome>((resolve, reject) => {
    port.on('message', resolve);
    port.once('close', () => reject(closedOrGone()));
    // Of a port that is closed already nobody tells.
    if (!isRunning(port)) reject(closedOrGone());
    port.postMessage({ hello: VERSION } satisfies Hello);
  });
  port.close();
  if ('refused' in welcome) throw errorFromData(welcome.refused);
  return welcome;
}

/** Whether a port that is listened to is a port still. Node has this method, and its types do not. */
function isRunning(port: MessagePort & { hasRef?(): boolean }): boolean {
  return port.hasRef?.() === true;
}

function usedAlready(): WalError {
  return new WalError(
    'SHALE_INVALID_ARGUMENT',
    'this handle was used already: call wal.share() for each connection',
    { details: { field: 'handle' } },
  );
}

function closedOrGone(): WalError {
  return new WalError(
    'SHALE_CLOSED',
    'the WAL that this handle is of is closed, its thread has ended, or the handle went to another thread: open the WAL if need be, and share it anew',
  );
}

import { MessagePort } from 'node:worker_threads';
import { errorFromData, mustBe, WalError } from '@shale/codec';
import { attachLog, fromCaller, fromHere, readBag } from '@shale/storage';
import { checkSignal } from './abort.js';
import { connectEngine, hear } from './connect-engine.js';
import { Engine } from './engine.js';
import { remember } from './internals.js';
import { Seat } from './seat.js';
import { threadPort } from './shard/port.js';
import type { WalHandle } from './share/clients.js';
import type { Hello, Welcome } from './share/control-messages.js';
import { Opener } from './share/opener.js';
import { VERSION } from './version.js';
import { Wal } from './wal.js';

/** Where a process lets others use its WAL. */
export interface WalSocket {
  /** The path, or `file:` URL, that the other process has given to `wal.listen()`. */
  readonly socket: string | URL;
  /** Gives up connecting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uses a WAL that another thread of this process has opened, by a handle of its `wal.share()`, or another process, by the
 * path of its `wal.listen()`. The `Wal` has an intake,
 * flow control and memory of its own, within the limits that the WAL was opened with, and talks to the shards directly;
 * what of it is for the one that opened the WAL alone rejects with SHALE_UNSUPPORTED (docs/embedding.md has the list).
 * Each table's appends keep their order for each thread and process; those of several are written as they come, in one group commit.
 *
 * `close()` ends the connection and nothing else. When the WAL is closed, what was accepted here is completed, and
 * everything later rejects with SHALE_CLOSED. When the thread or process that opened it ends without that, what was sent
 * and is not answered rejects with SHALE_OUTCOME_UNKNOWN. One that ends without closing leaves nothing: what it has sent
 * is written.
 *
 * It waits for the event loop of the one that opened the WAL, for another process 30 seconds at most. Rejects with
 * SHALE_INVALID_ARGUMENT when this is no handle, or one that was used already, and no socket; SHALE_CLOSED when the WAL is
 * closed or the handle was sent on to another thread; SHALE_UNSUPPORTED when different versions are loaded, or it is not
 * Shale who answers; of a socket also with SHALE_NOT_FOUND when nobody listens there, SHALE_OVERLOADED when too many
 * connect at once, or 256 are connected, and SHALE_IO.
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
export async function connectWal(to: WalHandle | WalSocket): Promise<Wal> {
  if (isSocket(to)) return await connectFar(to);
  const welcome = await greet(portOf(to));
  const { path, options, handleId, control } = welcome;
  const opener = new Opener(path, threadPort(control));
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
  return begun(engine, opener);
}

/** Whether it is meant as a socket: what is wrong with it is told later. */
function isSocket(to: WalHandle | WalSocket): to is WalSocket {
  try {
    return typeof to === 'object' && to !== null && !('port' in to) && 'socket' in to;
  } catch (cause) {
    throw fromCaller('handle', 'the handle cannot be read', cause);
  }
}

/** Connects to a process. */
async function connectFar(to: WalSocket): Promise<Wal> {
  const { socket: at, signal } = readBag('connectWal', to, ['socket', 'signal']);
  const { engine, opener } = await connectEngine(fromHere(at as string | URL, 'socket'), checkSignal(signal));
  return begun(engine, opener);
}

function begun(engine: Engine, opener: Opener): Wal {
  const seat = new Seat(engine);
  const wal = new Wal(seat);
  remember(wal, seat);
  // Whoever closes it here is told what that fails with.
  hear(engine, opener, () => void engine.close().catch(() => undefined));
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
  if (!(port instanceof MessagePort))
    throw mustBe('handle', 'a handle of wal.share(), or { socket }', handle);
  if (used.has(port)) throw usedAlready();
  used.add(port);
  return port;
}

/** Says hello by the port of a handle, which is of no use afterwards. */
async function greet(port: MessagePort): Promise<Exclude<Welcome, { readonly refused: unknown }>> {
  const welcome = await new Promise<unknown>((resolve, reject) => {
    port.on('message', resolve);
    port.once('close', () => reject(closedOrGone()));
    // Of a port that is closed already nobody tells.
    if (!isRunning(port)) reject(closedOrGone());
    port.postMessage({ hello: VERSION } satisfies Hello);
  });
  port.close();
  if (!isWelcome(welcome)) throw notShale();
  if ('refused' in welcome) throw errorFromData(welcome.refused);
  return welcome;
}

/** Whether that is what Shale answers. The other end is of the same version, or refuses in a way that all have. */
function isWelcome(value: unknown): value is Welcome {
  if (typeof value !== 'object' || value === null) return false;
  if ('refused' in value) return typeof value.refused === 'object' && value.refused !== null;
  return 'control' in value && value.control instanceof MessagePort && 'options' in value && 'path' in value;
}

function notShale(): WalError {
  return new WalError('SHALE_UNSUPPORTED', 'it is not Shale who answers: this is no handle of wal.share()');
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

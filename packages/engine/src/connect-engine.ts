import { Engine } from './engine.js';
import type { Durability } from './options.js';
import { Opener } from './share/opener.js';
import { OwnerLink } from './socket/owner-link.js';
import { reach } from './socket/reach.js';
import { RemoteLog } from './socket/remote-log.js';

/** What drives a WAL that another process has opened. */
export interface ConnectedEngine {
  readonly engine: Engine;
  /** That process: `hear` begins to listen to it. */
  readonly opener: Opener;
}

/** How to connect, where it is not as usual. */
export interface ConnectOptions {
  /** How long the process may take to answer. Milliseconds. */
  readonly patienceMs?: number;
  /** What appends are acknowledged with that do not say; by default that of the process. */
  readonly durability?: Durability;
}

/** Connects to a process that listens at a path. Rejects as `connectWal` does. */
export async function connectEngine(
  path: string,
  signal: AbortSignal | undefined,
  { patienceMs, durability }: ConnectOptions = {},
): Promise<ConnectedEngine> {
  const { socket, welcome, stream } = await reach(path, signal, patienceMs);
  const link = new OwnerLink(socket, stream);
  const opener = new Opener(welcome.path, link.control, true);
  const log = new RemoteLog(welcome, opener, (message) => link.say(message));
  const { options } = welcome;
  const engine = new Engine(log, durability === undefined ? options : { ...options, durability }, opener);
  link.begin({
    howFar: (howFar) => log.isAt(howFar),
    wrote: (wrote) => log.heard(wrote),
    doubted: (shard, dropped) => {
      log.doubted(dropped);
      engine.follows.doubted(shard);
    },
  });
  socket.resume();
  try {
    await engine.start([]);
  } catch (error) {
    opener.leave();
    throw error;
  }
  return { engine, opener };
}

/** Begins to listen to the one that opened a WAL; `closing` is called when it closes it, or is gone, maybe at once. */
export function hear(engine: Engine, opener: Opener, closing: () => void): void {
  opener.begin({
    synced: () => engine.follows.synced(),
    resumed: () => engine.resumedElsewhere(),
    closing,
  });
}

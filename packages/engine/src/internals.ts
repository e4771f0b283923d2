import type { Engine } from './engine.js';
import type { Wal } from './wal.js';

/** What stands behind each Wal, for tests that end its threads. Not part of the API. */
const engines = new WeakMap<Wal, Engine>();

/** Notes the engine of a Wal. */
export function remember(wal: Wal, engine: Engine): void {
  engines.set(wal, engine);
}

/** The engine of a Wal. */
export function engineOf(wal: Wal): Engine {
  const engine = engines.get(wal);
  if (engine === undefined) throw new TypeError('not a Wal made by openWal');
  return engine;
}

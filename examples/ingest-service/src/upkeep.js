// Once a second: removes from the log what is stored, and goes on when a full disk has room again.
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {{ wal: import('@shale/engine').Wal, batches: import('@shale/engine').Table, progress: { log: string, stored: bigint },
 *   config: typeof import('./config.js').config, log: import('fastify').FastifyBaseLogger, signal: AbortSignal }} Work */

/** @param {Work} work */
export async function keepInShape({ wal, batches, progress, config, log, signal }) {
  for (let trimmed = 0n; !signal.aborted; await sleep(1000, undefined, { signal }).catch(() => {})) {
    const upTo = progress.stored - (wal.health === 'full' ? 0n : config.keep);
    try {
      if (upTo > trimmed) trimmed = (await batches.trim(upTo, { durability: 'os' })).first - 1n;
      if (wal.health === 'full' || wal.health === 'starved') await wal.resume();
    } catch (error) {
      log.warn(error, 'upkeep'); // most likely there is no room yet
    }
  }
}

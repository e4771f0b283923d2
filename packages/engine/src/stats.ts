import type { DamagedFile, RocksDBStats, Stalls } from '@shale/storage';
import type { Engine } from './engine.js';
import type { HealthState } from './health.js';
import type { FlowControl } from './intake/flow.js';
import type { WalState } from './lifecycle.js';
import type { ReclaimStats } from './reclaimer.js';
import type { ShardThreadStats } from './shard/protocol.js';
import type { ShardCounters } from './shard/shard.js';
import { checkInTurn } from './turn.js';

/** One shard in numbers: what this thread counts, and what the shard's thread says. */
export interface ShardStats extends Readonly<ShardCounters>, ShardThreadStats {
  /** The shard's number, from 0. */
  readonly index: number;
}

/** What is on its way, beside the bounds it has. */
export interface QueueStats {
  /** Bytes copied and not yet acknowledged, as `maxInFlightBytes` counts them, with what waits for names beside it. */
  readonly inFlightBytes: number;
  /** The bound given at opening, in bytes. */
  readonly maxInFlightBytes: number;
  /** Appends that wait for room, or behind a great many others for names. */
  readonly queuedAppends: number;
  /** The bound given at opening. */
  readonly maxQueuedAppends: number;
  /** Bytes copied for the appends that wait for room, counted as those in flight are. */
  readonly queuedBytes: number;
  /** The bound given at opening, in bytes. */
  readonly maxQueuedBytes: number;
  /** Milliseconds during which something has waited for room, `ready()` included. */
  readonly waitedMs: number;
  /** Appends, trims and drops refused with SHALE_OVERLOADED. */
  readonly refused: number;
}

/** Reads and scans under way, and their chunks. */
export interface ReadStats {
  /** Reads and scans that have begun, and have neither ended nor been collected. */
  readonly open: number;
  /** Bytes that are booked for their chunks, as `maxReadBytes` counts them. */
  readonly chunkBytes: number;
  /** The bound given at opening, in bytes. */
  readonly maxReadBytes: number;
}

/** A WAL in numbers. Counters are sums since it was opened. */
export interface WalStats {
  /** The real path of the database. */
  readonly path: string;
  /** Which WAL of the database: 0 to 126. */
  readonly instance: number;
  /** Where it is between opening and closed. */
  readonly state: WalState;
  /** `well`; or what keeps it from writing. */
  readonly health: HealthState;
  /**
   * Table files that a compaction could not read since the process opened the database; with `readOnly`, those that are
   * known of. Reads of what is in them may fail with SHALE_CORRUPT, all else goes on without automatic compaction.
   */
  readonly damagedFiles: readonly DamagedFile[];
  /** Each shard, by number. */
  readonly shards: readonly ShardStats[];
  /** What is on its way, beside the bounds it has. */
  readonly queue: QueueStats;
  /** Reads and scans under way, and their chunks. */
  readonly reads: ReadStats;
  /** Tables whose state a shard holds, as a rule because they have been touched. */
  readonly recoveredTables: number;
  /** Giving back the space of trimmed entries. */
  readonly reclaim: ReclaimStats;
  /** Writes that had to wait since the process opened the database. */
  readonly stalls: Stalls;
  /** RocksDB's own numbers, of the whole database. */
  readonly rocksdb: RocksDBStats;
}

/** Collects the numbers. */
export async function collectStats(engine: Engine): Promise<WalStats> {
  await checkInTurn(() => engine.lifecycle.requireOpen());
  const shards = await Promise.all(
    engine.shards.map(async (shard): Promise<ShardStats> => {
      const thread = await shard.request<'stats'>({ kind: 'stats' }, 'retry');
      return { index: shard.index, ...shard.counters, ...thread };
    }),
  );
  engine.lifecycle.requireOpen();
  const { damagedFiles, stalls, rocksdb } = engine.log.stats();
  return {
    ...ownNumbers(engine),
    shards,
    recoveredTables: shards.reduce((sum, shard) => sum + shard.recoveredTables, 0),
    damagedFiles,
    stalls,
    rocksdb,
  };
}

/** What this thread knows by itself. */
export function ownNumbers(
  engine: Engine,
): Pick<WalStats, 'path' | 'instance' | 'state' | 'health' | 'queue' | 'reads' | 'reclaim'> {
  return {
    path: engine.path,
    instance: engine.options.instance,
    state: engine.lifecycle.state,
    health: engine.health.state,
    queue: queueStats(engine.flow),
    reads: readStats(engine),
    reclaim: engine.reclaimer.stats,
  };
}

/** What is on its way now. */
function queueStats(flow: FlowControl): QueueStats {
  return {
    inFlightBytes: flow.inFlightBytes,
    maxInFlightBytes: flow.limits.inFlightBytes,
    queuedAppends: flow.waiting,
    maxQueuedAppends: flow.limits.queuedAppends,
    queuedBytes: flow.queuedBytes,
    maxQueuedBytes: flow.limits.queuedBytes,
    waitedMs: flow.waitedMs,
    refused: flow.refused,
  };
}

/** What is being read now. */
function readStats({ reads, readMemory }: Engine): ReadStats {
  return { open: reads.size, chunkBytes: readMemory.bytes, maxReadBytes: readMemory.maxBytes };
}

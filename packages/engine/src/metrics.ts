import type { RocksDBStats, Stalls } from '@shale/storage';
import type { Engine } from './engine.js';
import type { HealthState } from './health.js';
import type { WalState } from './lifecycle.js';
import type { ConsumerMetrics } from './metrics/consumer-metrics.js';
import type { LogSyncs } from './metrics/log-syncs.js';
import type { ShardMeasures } from './metrics/shard-metrics.js';
import type { ReclaimStats } from './reclaimer.js';
import type { ShardCounters } from './shard/shard.js';
import { ownNumbers, type QueueStats, type ReadStats } from './stats.js';

/** One shard: what was counted and measured of it since the WAL was opened. */
export interface ShardMetricsSnapshot extends Readonly<ShardCounters>, ShardMeasures {
  /** The shard's number, from 0. */
  readonly index: number;
}

/** What `wal.metrics()` tells. Counters, sums and histograms are since the WAL was opened. */
export interface WalMetrics {
  /** The real path of the database. */
  readonly path: string;
  /** Which WAL of the database: 0 to 126. */
  readonly instance: number;
  /** Where it is between opening and closed. */
  readonly state: WalState;
  /** `well`; or what keeps it from writing. */
  readonly health: HealthState;
  /** Table files that a compaction could not read; `stats()` names them. */
  readonly damagedFiles: number;
  /** Each shard, by number. */
  readonly shards: readonly ShardMetricsSnapshot[];
  /** Syncs beside those of frames, which each shard counts as its `syncs`. */
  readonly logSyncs: LogSyncs;
  /** What is on its way, beside the bounds it has. */
  readonly queue: QueueStats;
  /** Reads and scans under way, and their chunks. */
  readonly reads: ReadStats;
  /** Writers with entries that are not in yet. */
  readonly busyWriters: number;
  /** The consumers that are open. */
  readonly consumers: readonly ConsumerMetrics[];
  /** Consumers that have ended because their name was opened again, or dropped. */
  readonly fencedConsumers: number;
  /** Giving back the space of trimmed entries. */
  readonly reclaim: ReclaimStats;
  /** Writes that had to wait since the process opened the database, by cause. */
  readonly stalls: Stalls;
  /** RocksDB's own numbers, of the whole database. */
  readonly rocksdb: RocksDBStats;
}

/** Collects them, on this thread alone. */
export function collectMetrics(engine: Engine): WalMetrics {
  engine.lifecycle.requireOpen();
  const { damagedFiles, stalls, rocksdb } = engine.log.stats();
  return {
    ...ownNumbers(engine),
    damagedFiles: damagedFiles.length,
    shards: engine.shards.map(({ index, counters, metrics }) => ({
      index,
      ...counters,
      ...metrics.snapshot(),
    })),
    logSyncs: engine.logSyncs,
    busyWriters: engine.writers.size,
    consumers: [...engine.consumers].map((consumer) => consumer.metrics()),
    fencedConsumers: engine.consumers.fenced,
    stalls,
    rocksdb,
  };
}

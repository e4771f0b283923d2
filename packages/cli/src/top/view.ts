import type { HistogramSnapshot } from '@shale/engine';
import type { InspectedMetrics, LargestTables } from '@shale/engine/admin';
import { type Spread, spreadBetween } from './spread.js';

/** A log in numbers over the last moment. Rates are per second. */
export interface View {
  readonly pid: number;
  readonly path: string;
  readonly health: string;
  /** Seconds that the rates and latencies are of. */
  readonly seconds: number;
  readonly rates: {
    readonly entries: number;
    readonly bytes: number;
    readonly appends: number;
    readonly frames: number;
    /** Of frames, and beside them for `syncWithinMs`, follows and calls. */
    readonly syncs: number;
    readonly refused: number;
    readonly failedFrames: number;
  };
  /** From when an append had room until it was answered. */
  readonly acknowledgedMs: Spread;
  /** Writes with their sync. */
  readonly syncMs: Spread;
  /** Where frames have spent their time, as shares of it: 0 to 1. */
  readonly phases: {
    readonly fill: number;
    readonly thread: number;
    readonly write: number;
    readonly answer: number;
  };
  /** How busy the thread of each shard was: 0 to 1. */
  readonly busy: readonly number[];
  readonly queue: {
    readonly inFlightBytes: number;
    readonly maxInFlightBytes: number;
    readonly queuedAppends: number;
    readonly queuedBytes: number;
  };
  /** Writes that had to wait, by cause: how many a second, and milliseconds of each second. */
  readonly stalls: Readonly<Record<'memory' | 'level0' | 'stopped', StallRate>>;
  readonly disk: {
    readonly tableFileBytes: number;
    readonly memtableBytes: number;
    readonly level0Files: number;
    readonly flushes: number;
    readonly compactions: number;
    readonly pendingCompactionBytes: number;
    /** Of trimmed entries, not given back yet. */
    readonly pendingReclaimBytes: number;
    readonly damagedFiles: number;
  };
  /** Reads, scans and follows that are open. */
  readonly openReads: number;
  readonly busyWriters: number;
  readonly restarts: number;
  /** Consumers that are open. */
  readonly consumers: InspectedMetrics['consumers'];
  readonly tables: Omit<LargestTables, 'tables'> & { readonly tables: readonly TableRow[] };
}

/** A table, with integers that JSON takes exactly. */
type TableRow = Omit<LargestTables['tables'][number], 'toJSON'>;

interface StallRate {
  readonly count: number;
  readonly ms: number;
}

/** What two looks at a log, so many seconds apart, come to. */
export function viewOf(
  pid: number,
  before: InspectedMetrics,
  after: InspectedMetrics,
  seconds: number,
  tables: LargestTables,
): View {
  const total = (metrics: InspectedMetrics, of: (shard: Shard) => number): number =>
    metrics.shards.reduce((sum, shard) => sum + of(shard), 0);
  const gained = (of: (shard: Shard) => number): number => total(after, of) - total(before, of);
  const rate = (of: (shard: Shard) => number): number => gained(of) / seconds;
  const spread = (of: (shard: Shard) => HistogramSnapshot): Spread =>
    spreadBetween(before.shards.map(of), after.shards.map(of));
  const phase = (name: keyof Shard['phasesMs']): number => gained(({ phasesMs }) => phasesMs[name]);
  const all = phase('fill') + phase('thread') + phase('write') + phase('answer');
  const share = (name: keyof Shard['phasesMs']): number => (all > 0 ? phase(name) / all : 0);
  const stall = (cause: keyof View['stalls']): StallRate => ({
    count: (after.stalls[cause].count - before.stalls[cause].count) / seconds,
    ms: (after.stalls[cause].ms - before.stalls[cause].ms) / seconds,
  });
  const property = (name: string): number => after.rocksdb.properties[name] ?? 0;
  const { inFlightBytes, maxInFlightBytes, queuedAppends, queuedBytes, refused } = after.queue;
  return {
    pid,
    path: after.path,
    health: after.health,
    seconds,
    rates: {
      entries: rate((shard) => shard.entries),
      bytes: rate((shard) => shard.bytes),
      appends: rate((shard) => shard.appends),
      frames: rate((shard) => shard.frames),
      syncs: rate((shard) => shard.syncs) + (logSyncs(after) - logSyncs(before)) / seconds,
      refused: (refused - before.queue.refused) / seconds,
      failedFrames: rate((shard) => shard.failedFrames),
    },
    acknowledgedMs: spread((shard) => shard.appendMs),
    syncMs: spread((shard) => shard.syncWriteMs),
    phases: { fill: share('fill'), thread: share('thread'), write: share('write'), answer: share('answer') },
    busy: after.shards.map(({ busyMs }, i) =>
      Math.min(1, (busyMs - (before.shards[i]?.busyMs ?? 0)) / (seconds * 1000)),
    ),
    queue: { inFlightBytes, maxInFlightBytes, queuedAppends, queuedBytes },
    stalls: { memory: stall('memory'), level0: stall('level0'), stopped: stall('stopped') },
    disk: {
      tableFileBytes: property('total-sst-files-size'),
      memtableBytes: property('size-all-mem-tables'),
      level0Files: property('num-files-at-level0'),
      flushes: property('num-running-flushes'),
      compactions: property('num-running-compactions'),
      pendingCompactionBytes: property('estimate-pending-compaction-bytes'),
      pendingReclaimBytes: after.reclaim.pendingBytes,
      damagedFiles: after.damagedFiles,
    },
    openReads: after.reads.open,
    busyWriters: after.busyWriters,
    restarts: total(after, (shard) => shard.restarts),
    consumers: after.consumers,
    // As plain objects they are told with their integers as numbers, as those of all commands are.
    tables: { ...tables, tables: tables.tables.map((table) => ({ ...table })) },
  };
}

function logSyncs({ logSyncs: { within, follows, calls } }: InspectedMetrics): number {
  return within + follows + calls;
}

type Shard = InspectedMetrics['shards'][number];

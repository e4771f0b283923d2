import type {
  ConsumerMetrics,
  HistogramSnapshot,
  ShardMetricsSnapshot,
  StallTime,
  WalMetrics,
} from '@shale/engine';

/** Says which of several numbers of a name it is. */
export type Labels = Readonly<Record<string, string>>;

/** A number of now. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Values of now. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly histogram: HistogramSnapshot;
}

interface Named {
  /** As Prometheus has it, without `shale_` and without the `_total` of counters. */
  readonly name: string;
  readonly help: string;
  /** Names of the labels beside `log`. */
  readonly labelNames: readonly string[];
}

/** A number that only grows, or one that goes up and down. */
export interface NumberDefinition extends Named {
  readonly kind: 'counter' | 'gauge';
  /** As OpenTelemetry writes units. */
  readonly unit: string;
  samples(metrics: WalMetrics): Sample[];
}

/** How values are spread. */
export interface HistogramDefinition extends Named {
  /** What one of the histogram's units is of the metric's: 0.001 for milliseconds told as seconds. */
  readonly scale: number;
  /** The upper bounds of buckets that are told, in the metric's unit. */
  readonly buckets: readonly number[];
  samples(metrics: WalMetrics): HistogramSample[];
}

const MS = 0.001;
const STATES = ['well', 'full', 'starved', 'poisoned', 'failed'] as const;
const PHASES = ['fill', 'thread', 'write', 'answer'] as const;
const CAUSES = ['memory', 'level0', 'stopped'] as const;
const SYNC_CAUSES = ['within', 'follows', 'calls'] as const;

/** From 64 us to a minute, each twice the one before it: where buckets of the log end. */
const SECONDS = Array.from({ length: 21 }, (_, i) => 2 ** i * 6.4e-5);
const COUNTS = Array.from({ length: 10 }, (_, i) => Math.max(1, 4 ** i - 1));

/** One for each shard. */
function ofShards(value: (shard: ShardMetricsSnapshot) => number): NumberDefinition['samples'] {
  return ({ shards }) =>
    shards.map((shard) => ({ labels: { shard: `${shard.index}` }, value: value(shard) }));
}

function ofLog(value: (metrics: WalMetrics) => number): NumberDefinition['samples'] {
  return (metrics) => [{ labels: {}, value: value(metrics) }];
}

function property(name: string): NumberDefinition['samples'] {
  return ofLog(({ rocksdb }) => rocksdb.properties[name] ?? 0);
}

/** One for each cause of a stall. */
function ofCauses(value: (time: StallTime) => number): NumberDefinition['samples'] {
  return ({ stalls }) => CAUSES.map((cause) => ({ labels: { cause }, value: value(stalls[cause]) }));
}

/** One for each consumer that is open. */
function ofConsumers(
  value: (consumer: ConsumerMetrics) => number | bigint | null,
): NumberDefinition['samples'] {
  return ({ consumers }) =>
    consumers.flatMap((consumer) => {
      const { name, partition } = consumer;
      const labels = {
        consumer: name,
        partition: partition === null ? '' : `${partition.index}/${partition.of}`,
      };
      const number = value(consumer);
      return number === null ? [] : [{ labels, value: Number(number) }];
    });
}

const SHARD = ['shard'];
const CONSUMER = ['consumer', 'partition'];

/** Numbers, in the order in which they are told. */
export const NUMBERS: readonly NumberDefinition[] = [
  {
    name: 'appends',
    help: 'Appends sent, with each part of a write over several tables counted.',
    kind: 'counter',
    unit: '{append}',
    labelNames: SHARD,
    samples: ofShards(({ appends }) => appends),
  },
  {
    name: 'entries',
    help: 'Entries sent.',
    kind: 'counter',
    unit: '{entry}',
    labelNames: SHARD,
    samples: ofShards(({ entries }) => entries),
  },
  {
    name: 'payload_bytes',
    help: 'Payload bytes sent.',
    kind: 'counter',
    unit: 'By',
    labelNames: SHARD,
    samples: ofShards(({ bytes }) => bytes),
  },
  {
    name: 'frames',
    help: 'Frames sent: writes of a shard, each of all that was appended meanwhile.',
    kind: 'counter',
    unit: '{frame}',
    labelNames: SHARD,
    samples: ofShards(({ frames }) => frames),
  },
  {
    name: 'syncs',
    help: 'Frames sent that asked for stable storage.',
    kind: 'counter',
    unit: '{frame}',
    labelNames: SHARD,
    samples: ofShards(({ syncs }) => syncs),
  },
  {
    name: 'log_syncs',
    help: 'Syncs of the whole log beside those of frames: for syncWithinMs of openWal, for follows, for calls of sync() and flush().',
    kind: 'counter',
    unit: '{sync}',
    labelNames: ['cause'],
    samples: ({ logSyncs }) => SYNC_CAUSES.map((cause) => ({ labels: { cause }, value: logSyncs[cause] })),
  },
  {
    name: 'failed_frames',
    help: 'Frames that failed as a whole.',
    kind: 'counter',
    unit: '{frame}',
    labelNames: SHARD,
    samples: ofShards(({ failedFrames }) => failedFrames),
  },
  {
    name: 'shard_restarts',
    help: 'Threads that died and were replaced.',
    kind: 'counter',
    unit: '{thread}',
    labelNames: SHARD,
    samples: ofShards(({ restarts }) => restarts),
  },
  {
    name: 'shard_busy_seconds',
    help: "Time that the shard's threads have spent in tasks.",
    kind: 'counter',
    unit: 's',
    labelNames: SHARD,
    samples: ofShards(({ busyMs }) => busyMs * MS),
  },
  {
    name: 'frame_phase_seconds',
    help: "Where frames spent their time: they fill, wait for the shard's thread, are written, wait for the event loop.",
    kind: 'counter',
    unit: 's',
    labelNames: ['shard', 'phase'],
    samples: ({ shards }) =>
      shards.flatMap(({ index, phasesMs }) =>
        PHASES.map((phase) => ({ labels: { shard: `${index}`, phase }, value: phasesMs[phase] * MS })),
      ),
  },
  {
    name: 'in_flight_bytes',
    help: 'Bytes copied and not yet acknowledged.',
    kind: 'gauge',
    unit: 'By',
    labelNames: [],
    samples: ofLog(({ queue }) => queue.inFlightBytes),
  },
  {
    name: 'in_flight_limit_bytes',
    help: 'The option maxInFlightBytes.',
    kind: 'gauge',
    unit: 'By',
    labelNames: [],
    samples: ofLog(({ queue }) => queue.maxInFlightBytes),
  },
  {
    name: 'queued_appends',
    help: 'Appends that wait for room.',
    kind: 'gauge',
    unit: '{append}',
    labelNames: [],
    samples: ofLog(({ queue }) => queue.queuedAppends),
  },
  {
    name: 'queued_bytes',
    help: 'Bytes copied for the appends that wait for room.',
    kind: 'gauge',
    unit: 'By',
    labelNames: [],
    samples: ofLog(({ queue }) => queue.queuedBytes),
  },
  {
    name: 'waiting_seconds',
    help: 'Time during which something has waited for room.',
    kind: 'counter',
    unit: 's',
    labelNames: [],
    samples: ofLog(({ queue }) => queue.waitedMs * MS),
  },
  {
    name: 'refused',
    help: 'Appends, trims and drops refused with SHALE_OVERLOADED.',
    kind: 'counter',
    unit: '{append}',
    labelNames: [],
    samples: ofLog(({ queue }) => queue.refused),
  },
  {
    name: 'busy_writers',
    help: 'Writers with entries that are not in yet.',
    kind: 'gauge',
    unit: '{writer}',
    labelNames: [],
    samples: ofLog(({ busyWriters }) => busyWriters),
  },
  {
    name: 'open_reads',
    help: 'Reads and scans under way.',
    kind: 'gauge',
    unit: '{read}',
    labelNames: [],
    samples: ofLog(({ reads }) => reads.open),
  },
  {
    name: 'read_chunk_bytes',
    help: 'Bytes booked for the chunks of reads.',
    kind: 'gauge',
    unit: 'By',
    labelNames: [],
    samples: ofLog(({ reads }) => reads.chunkBytes),
  },
  {
    name: 'consumer_lag_entries',
    help: 'Entries that are acknowledged to those who appended them, and not by the consumer.',
    kind: 'gauge',
    unit: '{entry}',
    labelNames: CONSUMER,
    samples: ofConsumers(({ lag }) => lag),
  },
  {
    name: 'consumer_tables',
    help: 'Tables that the consumer is in.',
    kind: 'gauge',
    unit: '{table}',
    labelNames: CONSUMER,
    samples: ofConsumers(({ tables }) => tables),
  },
  {
    name: 'consumer_tables_behind',
    help: 'Tables that have entries which the consumer has not acknowledged.',
    kind: 'gauge',
    unit: '{table}',
    labelNames: CONSUMER,
    samples: ofConsumers(({ behind }) => behind),
  },
  {
    name: 'consumer_unacked_entries',
    help: 'Entries that the consumer has handed out and that are not acknowledged.',
    kind: 'gauge',
    unit: '{entry}',
    labelNames: CONSUMER,
    samples: ofConsumers(({ unacked }) => unacked),
  },
  {
    name: 'consumer_gaps',
    help: 'Times that the consumer was not given entries, for they were gone.',
    kind: 'counter',
    unit: '{gap}',
    labelNames: CONSUMER,
    samples: ofConsumers(({ gaps }) => gaps),
  },
  {
    name: 'consumers_fenced',
    help: 'Consumers that have ended because their name was opened again, or dropped.',
    kind: 'counter',
    unit: '{consumer}',
    labelNames: [],
    samples: ofLog(({ fencedConsumers }) => fencedConsumers),
  },
  {
    name: 'reclaim_runs',
    help: 'Times that the space of trimmed entries was given back.',
    kind: 'counter',
    unit: '{run}',
    labelNames: [],
    samples: ofLog(({ reclaim }) => reclaim.runs),
  },
  {
    name: 'reclaim_failures',
    help: 'Times that this failed.',
    kind: 'counter',
    unit: '{run}',
    labelNames: [],
    samples: ofLog(({ reclaim }) => reclaim.failures),
  },
  {
    name: 'reclaim_pending_bytes',
    help: 'About how many bytes trimmed and dropped tables still take.',
    kind: 'gauge',
    unit: 'By',
    labelNames: [],
    samples: ofLog(({ reclaim }) => reclaim.pendingBytes),
  },
  {
    name: 'health',
    help: '1 for the state that the log is in: well, or what keeps it from writing.',
    kind: 'gauge',
    unit: '1',
    labelNames: ['state'],
    samples: ({ health }) => STATES.map((state) => ({ labels: { state }, value: state === health ? 1 : 0 })),
  },
  {
    name: 'damaged_files',
    help: 'Table files that a compaction could not read.',
    kind: 'gauge',
    unit: '{file}',
    labelNames: [],
    samples: ofLog(({ damagedFiles }) => damagedFiles),
  },
  {
    name: 'table_file_bytes',
    help: 'Bytes of the table files.',
    kind: 'gauge',
    unit: 'By',
    labelNames: [],
    samples: property('total-sst-files-size'),
  },
  {
    name: 'memtable_bytes',
    help: 'Bytes that memtables take.',
    kind: 'gauge',
    unit: 'By',
    labelNames: [],
    samples: property('size-all-mem-tables'),
  },
  {
    name: 'immutable_memtables',
    help: 'Memtables that wait to be flushed.',
    kind: 'gauge',
    unit: '{memtable}',
    labelNames: [],
    samples: property('num-immutable-mem-table'),
  },
  {
    name: 'running_flushes',
    help: 'Flushes under way.',
    kind: 'gauge',
    unit: '{flush}',
    labelNames: [],
    samples: property('num-running-flushes'),
  },
  {
    name: 'running_compactions',
    help: 'Compactions under way.',
    kind: 'gauge',
    unit: '{compaction}',
    labelNames: [],
    samples: property('num-running-compactions'),
  },
  {
    name: 'pending_compaction_bytes',
    help: 'Bytes that RocksDB thinks it has to compact.',
    kind: 'gauge',
    unit: 'By',
    labelNames: [],
    samples: property('estimate-pending-compaction-bytes'),
  },
  {
    name: 'stalls',
    help: 'Writes that had to wait: for flushes to make room in memory, for passes in level 0, or all of them for RocksDB.',
    kind: 'counter',
    unit: '{wait}',
    labelNames: ['cause'],
    samples: ofCauses(({ count }) => count),
  },
  {
    name: 'stall_seconds',
    help: 'Time that they have waited.',
    kind: 'counter',
    unit: 's',
    labelNames: ['cause'],
    samples: ofCauses(({ ms }) => ms * MS),
  },
  {
    name: 'write_stopped',
    help: '1 while RocksDB lets no write go on.',
    kind: 'gauge',
    unit: '1',
    labelNames: [],
    samples: property('is-write-stopped'),
  },
  {
    name: 'delayed_write_bytes_per_second',
    help: 'The rate to which RocksDB slows writes down; 0 while it does not.',
    kind: 'gauge',
    unit: 'By/s',
    labelNames: [],
    samples: property('actual-delayed-write-rate'),
  },
];

/** Histograms, in the order in which they are told. */
export const HISTOGRAMS: readonly HistogramDefinition[] = [
  {
    name: 'append_duration_seconds',
    help: 'Time from an append, once it had room and a name, until its answer.',
    labelNames: SHARD,
    scale: MS,
    buckets: SECONDS,
    samples: ({ shards }) =>
      shards.map(({ index, appendMs }) => ({ labels: { shard: `${index}` }, histogram: appendMs })),
  },
  {
    name: 'removal_duration_seconds',
    help: 'The same of trims and drops.',
    labelNames: SHARD,
    scale: MS,
    buckets: SECONDS,
    samples: ({ shards }) =>
      shards.map(({ index, removalMs }) => ({ labels: { shard: `${index}` }, histogram: removalMs })),
  },
  {
    name: 'write_duration_seconds',
    help: 'Time of each write, with the sync where durability is sync.',
    labelNames: ['shard', 'durability'],
    scale: MS,
    buckets: SECONDS,
    samples: ({ shards }) =>
      shards.flatMap(({ index, syncWriteMs, osWriteMs }) => [
        { labels: { shard: `${index}`, durability: 'sync' }, histogram: syncWriteMs },
        { labels: { shard: `${index}`, durability: 'os' }, histogram: osWriteMs },
      ]),
  },
  {
    name: 'frame_entries',
    help: 'Entries in each frame.',
    labelNames: SHARD,
    scale: 1,
    buckets: COUNTS,
    samples: ({ shards }) =>
      shards.map(({ index, frameEntries }) => ({ labels: { shard: `${index}` }, histogram: frameEntries })),
  },
];

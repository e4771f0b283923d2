export {
  type BytesInput,
  bytesCodec,
  type DamageKind,
  ERROR_CODES,
  ERROR_INFO,
  type ErrorCode,
  type ErrorCodeInfo,
  type ErrorDetails,
  jsonCodec,
  type LogKeyPrefix,
  msgpackCodec,
  type PayloadCodec,
  type RecoveryDamage,
  type RecoveryReport,
  type RecoveryTable,
  type SeenEntries,
  type TableId,
  U64_MAX,
  type UnexaminedFile,
  type UnexaminedReason,
  utf8Codec,
  WalError,
} from '@shale/codec';
export type {
  BackupInfo,
  BackupOptions,
  Compression,
  DamagedFile,
  FilePermissions,
  Memtable,
  ReclaimReport,
  RocksDBOptions,
  RocksDBStats,
  Stalls,
  StallTime,
  TableInfo,
  VerifyEvent,
  WalRecoveryMode,
} from '@shale/storage';
export { connectWal, type WalSocket } from './connect-wal.js';
export type { Batch, BatchWriteOptions } from './consumer/batch.js';
export type { Consumer, ConsumerLag } from './consumer/consumer.js';
export type {
  ConsumerEvent,
  ConsumerFencedEvent,
  ConsumerGapEvent,
  ConsumerPlace,
  ConsumerStateEvent,
} from './consumer/consumer-events.js';
export type {
  ConsumerInfo,
  ConsumerPosition,
  ConsumerPositionsOptions,
  ConsumersOptions,
} from './consumer/consumer-info.js';
export type {
  CommitOptions,
  ConsumerOptions,
  ConsumerPartition,
  NamesWithPrefix,
} from './consumer/consumer-options.js';
export type { OwnPosition, PositionMove } from './consumer/own-positions.js';
export type { ConsumedTable, SeekTo } from './consumer/seek.js';
export type { DiskOptions } from './disk-budget.js';
export type { FollowGap } from './follow/cursor.js';
export type { Follow } from './follow/follow.js';
export type { FollowChunk } from './follow/follow-chunk.js';
export type {
  FollowAllOptions,
  FollowOptions,
  FollowPosition,
  WideFollowOptions,
} from './follow/follow-options.js';
export type { FollowedEntry } from './follow/followed-entry.js';
export type { AppendResult } from './frames/pending-append.js';
export type { HealthState } from './health.js';
export type { HealthDamageEvent, HealthEvent, HealthPlace, HealthStateEvent } from './health-channel.js';
export type { IdWindow } from './id-window.js';
export type { IdInput, SequenceInput, TableIdInput } from './ids.js';
export type { WalState } from './lifecycle.js';
export type { ConsumerMetrics } from './metrics/consumer-metrics.js';
export { type HistogramSnapshot, quantile } from './metrics/histogram.js';
export type { LogSyncs } from './metrics/log-syncs.js';
export type { CommitEvent, ShardEvent } from './metrics/shard-events.js';
export type { FramePhase, FramePhases, ShardMeasures } from './metrics/shard-metrics.js';
export type { TrimEvent } from './metrics/trim-events.js';
export type { ShardMetricsSnapshot, WalMetrics } from './metrics.js';
export { openWal } from './open-wal.js';
export type { Durability, ResolvedOptions, WalOptions } from './options.js';
export type { Entry, RegionEntry } from './read/entry.js';
export type { ReadOptions, ReadRange, RegionReadOptions } from './read/read-options.js';
export type { TableChunk, TableRead } from './read/table-read.js';
export type { ReclaimPolicy } from './reclaim-policy.js';
export type { ReclaimStats } from './reclaimer.js';
export type { Region } from './region/region.js';
export type { RegionReport, TableBounds } from './region/region-recovery.js';
export type { Limit, RetainOptions } from './retention/limits.js';
export type { PrefixTarget, RetainedTables, RetainTarget, RetentionInfo } from './retention/retain.js';
export type { ShardBy } from './routing.js';
export type { ShardThreadStats } from './shard/protocol.js';
export type { ShardCounters } from './shard/shard.js';
export type { WalHandle } from './share/clients.js';
export type { QueueStats, ReadStats, ShardStats, WalStats } from './stats.js';
export type { StreamReadOptions } from './streams/stream-options.js';
export type { DurableOptions, Table, TrimResult } from './table.js';
export type { ReadyOptions, SharedHandle, TableOptions, Wal } from './wal.js';
export type { AppendOptions, WriteOptions } from './write-options.js';
export type { WritePart, WriteParts, WriteResults } from './write-parts.js';
export type { TableWriter } from './writer/table-writer.js';
export type { FlushResult, WriterOptions, WriterProgress } from './writer/writer-options.js';

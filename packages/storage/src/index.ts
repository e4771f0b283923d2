export type { U64Like } from '@shale/codec';
export type {
  Compression,
  FilePermissions,
  Memtable,
  Stalls,
  StallTime,
  WalRecoveryMode,
} from '@shale/rocksdb';
export {
  type AddonPlace,
  addonPath,
  dependencyPath,
  HANDLE_OPTIONS,
  installedPackage,
  type LibraryInfo,
  libraryInfo,
  loadDependency,
  loadFile,
  rocksdbVersion,
  shareOfMemory,
  useAddon,
} from '@shale/rocksdb';
export { type AppendIdWindow, toIdWindow, USUAL_ID_WINDOW } from './append-ids/window.js';
export { fromCaller, isPayloadError, reasonOf } from './arguments/caller-error.js';
export { readBag } from './arguments/option-bag.js';
export { invalid } from './arguments/refusal.js';
export { toFlag } from './arguments/switches.js';
export type { BackupOptions } from './backup/backup.js';
export type { PassedOver, RestoreOptions } from './backup/choose.js';
export { type BackupInfo, type BackupList, listBackups } from './backup/list.js';
export { type RemoveBackupOptions, type RemovedBackup, removeBackup } from './backup/remove.js';
export { type RestoreInfo, restoreBackup } from './backup/restore.js';
export type { AppendFailure, CommitResult } from './commit/commit-result.js';
export { MAX_WRITE_BYTES } from './commit/frame-builder.js';
export type { TrimResult } from './commit/trim.js';
export {
  Consumers,
  type ListPart,
  type StoredConsumer,
  type StoredPosition,
} from './consumers/consumers.js';
export { type CopiedTable, NewLog } from './copy/new-log.js';
export {
  type DamagedFile,
  damagedFileError,
  describeTables,
  readDamagedFiles,
} from './damage/damaged-files.js';
export { describePlace, type FilePlace } from './damage/file-place.js';
export { type ErrorContext, toWalError } from './errors.js';
export { readTableId, type TableIdLike, toTableId } from './ids.js';
export type { LogState } from './lifetime.js';
export type { TableFloor } from './lists/floors.js';
export type { HeadsOptions, TableHead } from './lists/heads.js';
export type { RegionReport } from './lists/region-recovery.js';
export type { TableInfo } from './lists/tables.js';
export type { LoanResult } from './loan/loan.js';
export { TABLE_STATE_STRIDE } from './loan/state-list.js';
export { Log } from './log.js';
export type { AppendOptions, AppendSpan, LogReadOptions, SyncOptions, WritePart } from './log-options.js';
export { Names } from './names/names.js';
export { type AttachOptions, attachLog, type LogOptions, openLog, type RocksDBOptions } from './open.js';
export type { ChunkOptions } from './read/chunk-buffers.js';
export type { FetchedEntry, FetchedPart, FetchedStart, FetchSize } from './read/fetch.js';
export {
  type RangeBounds,
  type ReadRange,
  requireDirection,
  requirePosition,
  type SequenceSpan,
  spanFrom,
  type TablePlace,
  type TablePosition,
  toBounds,
} from './read/range.js';
export type { LogEntry } from './read/read.js';
export { type RegionChunk, type RegionEntry, type RegionPosition, RegionScan } from './read/region-scan.js';
export type { ReadChunk } from './read/scan-layout.js';
export type {
  RepairEvent,
  RepairLoss,
  RepairLossKind,
  RepairProgress,
  RepairTotals,
} from './repair/events.js';
export { type RepairOptions, repairDatabase } from './repair/repair.js';
export type { StoredRetention } from './retention/coverage.js';
export type { Holder } from './retention/most-behind.js';
export type { RetentionScope, RetentionTurn } from './retention/retainer.js';
export { Retentions } from './retention/retentions.js';
export type { ReclaimOptions, ReclaimReport } from './space/reclaim.js';
export type { WorthOptions, WorthReport } from './space/worthwhile.js';
export type { LogStats, RocksDBStats } from './stats.js';
export type { LogCounters } from './tables/counters.js';
export { toPath } from './targets/location.js';
export { fromHere, realPath } from './targets/real-path.js';
export { diagnose } from './verify/diagnose.js';
export type { VerifyOptions } from './verify/verify.js';
export type {
  FindingKind,
  VerifyEvent,
  VerifyFinding,
  VerifyProgress,
  VerifyTotals,
} from './verify/verify-events.js';
export type { FileCheckEvent } from './verify/verify-files.js';

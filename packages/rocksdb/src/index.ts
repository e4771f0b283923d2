export { type AddonPlace, useAddon } from './addon.js';
export type { StoredBackup, StoredBackups } from './backup-results.js';
export { listBackups, removeBackup, restoreBackup } from './backups.js';
export type { RecordChange } from './changes.js';
export {
  attachDatabase,
  type CompactOptions,
  Database,
  type FetchOptions,
  openDatabase,
  type ReadOptions,
  type RecordsOptions,
  type ScanOptions,
  type WriteOptions,
} from './database.js';
export { ROCKSDB_ERROR_CODES, RocksDBError, type RocksDBErrorCode } from './errors.js';
export { dependencyPath, installedPackage, loadDependency, loadFile } from './installed.js';
export { shareOfMemory } from './memory-limit.js';
export { addonPath, type LibraryInfo, libraryInfo, rocksdbVersion } from './native.js';
export {
  type Compression,
  type DatabaseOptions,
  type FilePermissions,
  HANDLE_OPTIONS,
  type Memtable,
  type RecoveryMode,
  type WalRecoveryMode,
} from './options.js';
export type {
  ChunkResult,
  DatabaseStatistics,
  FetchedChunk,
  ForeignRecord,
  HeadScan,
  KeyEnds,
  LiveFile,
  PeekedChunk,
  RecordScan,
  ScanResult,
} from './results.js';
export {
  checkTableFile,
  copyManifestWithout,
  gatherTableFiles,
  repairDirectory,
  rewriteTableFile,
  saveLogFile,
  surveyDirectory,
  tableFileDeletions,
} from './salvage.js';
export { Snapshot } from './snapshot.js';
export type { Stalls, StallTime } from './stalls.js';
export type { DirectorySurvey, SavedLogFile, SurveyedManifest, SurveyedTableFile } from './survey.js';
export type { LostValues, RewrittenTableFile, TableFileCheck, TableFileGap } from './table-files.js';
export { readUnreadableFiles, type UnreadableFile } from './unreadable-files.js';

/**
 * What operators' tools do with a database, besides appending and reading: `@shale/engine/admin`.
 *
 * @module
 */

export { describeRecovery, describeUnexamined } from '@shale/codec';
export type {
  AddonPlace,
  BackupList,
  FilePlace,
  FindingKind,
  LibraryInfo,
  PassedOver,
  RemoveBackupOptions,
  RemovedBackup,
  RepairEvent,
  RepairLoss,
  RepairLossKind,
  RepairOptions,
  RepairProgress,
  RepairTotals,
  RestoreInfo,
  RestoreOptions,
  VerifyFinding,
  VerifyProgress,
  VerifyTotals,
} from '@shale/storage';
export {
  describePlace,
  describeTables,
  diagnose,
  libraryInfo,
  listBackups,
  readDamagedFiles,
  removeBackup,
  repairDatabase,
  restoreBackup,
  rocksdbVersion,
} from '@shale/storage';
export { type CopiedTables, type CopyTablesOptions, copyTables } from './copy/copy-tables.js';
export {
  type InspectedChunk,
  type InspectedFollow,
  type InspectedMetrics,
  type InspectFollowOptions,
  type Inspection,
  type InspectOptions,
  inspect,
  type LastEntries,
  type RegionTarget,
} from './inspect/inspection.js';
export type { LargestTables, SizedTable } from './inspect/wire.js';

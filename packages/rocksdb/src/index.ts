export {
  attachDatabase,
  type CompactOptions,
  Database,
  openDatabase,
  type ReadOptions,
  type RecordsOptions,
  type ScanOptions,
  type WriteOptions,
} from './database.js';
export { ROCKSDB_ERROR_CODES, RocksDBError, type RocksDBErrorCode } from './errors.js';
export { rocksdbVersion } from './native.js';
export type { Compression, DatabaseOptions, Memtable, RecoveryMode, WalRecoveryMode } from './options.js';
export type {
  DatabaseStatistics,
  ForeignRecord,
  HeadScan,
  KeyEnds,
  LiveFile,
  RecordScan,
  ScanResult,
} from './results.js';
export { Snapshot } from './snapshot.js';

#include "database/options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>

#include "core/errors.h"
#include "core/private_files.h"
#include "database/info_log.h"
#include "database/table_partitions.h"
#include "memtable/log_memtable.h"
#include "memtable/memtable.h"

namespace shale {

namespace {

rocksdb::WALRecoveryMode recoveryModeOf(const std::string& name) {
  if (name == "pointInTime") return rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  if (name == "tolerateCorruptedTail") return rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  if (name == "absolute") return rocksdb::WALRecoveryMode::kAbsoluteConsistency;
  if (name == "skipAnyCorrupted") return rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  throwRangeError("walRecoveryMode", "one of pointInTime, tolerateCorruptedTail, absolute, skipAnyCorrupted");
}

rocksdb::CompressionType compressionOf(const std::string& name) {
  rocksdb::CompressionType type;
  if (name == "none") type = rocksdb::kNoCompression;
  else if (name == "snappy") type = rocksdb::kSnappyCompression;
  else if (name == "zlib") type = rocksdb::kZlibCompression;
  else if (name == "lz4") type = rocksdb::kLZ4Compression;
  else if (name == "zstd") type = rocksdb::kZSTD;
  else throwRangeError("compression", "one of none, snappy, zlib, lz4, zstd");
  const auto supported = rocksdb::GetSupportedCompressions();
  if (std::find(supported.begin(), supported.end(), type) == supported.end()) {
    throw DatabaseError{"ROCKSDB_NOT_SUPPORTED", "This librocksdb was built without " + name};
  }
  return type;
}

// A reader leaves no trace in a directory that another process may be writing.
class SilentLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

void Settings::validate() const {
  recoveryModeOf(walRecoveryMode);
  compressionOf(compression);
  if (memtable != "log" && memtable != "skiplist") throwRangeError("memtable", "log or skiplist");
  if (filePermissions != "owner" && filePermissions != "umask") {
    throwRangeError("filePermissions", "owner or umask");
  }
}

std::string Settings::differenceFrom(const Settings& other) const {
  std::string difference;
  visit(*this, other, [&](const char* name, const auto& mine, const auto& theirs) {
    if (difference.empty() && mine != theirs) difference = name;
  });
  return difference;
}

rocksdb::Options Settings::toOptions(const std::string& directory, bool readOnly) const {
  rocksdb::Options options;
  options.env = databaseEnvironment(ownerOnly());
  options.max_background_jobs = maxBackgroundJobs;
  options.max_subcompactions = maxSubcompactions;
  options.write_buffer_size = writeBufferSize;
  options.max_write_buffer_number = maxWriteBufferNumber;
  options.min_write_buffer_number_to_merge = minWriteBufferNumberToMerge;
  options.level0_file_num_compaction_trigger = level0FileNumCompactionTrigger;
  options.level0_slowdown_writes_trigger = level0SlowdownWritesTrigger;
  options.level0_stop_writes_trigger = level0StopWritesTrigger;
  if (makesPasses()) {
    options.disable_auto_compactions = true;
    options.sst_partitioner_factory = makeTablePartitions(targetFileSizeBase);
  } else {
    options.compaction_style = rocksdb::kCompactionStyleFIFO;
    options.compaction_options_fifo.max_table_files_size = fifoCompactionMaxTableFilesSize;
  }
  if (targetFileSizeBase > 0) options.target_file_size_base = targetFileSizeBase;

  options.wal_recovery_mode = recoveryModeOf(walRecoveryMode);
  options.compression = compressionOf(compression);
  options.bottommost_compression = options.compression;
  options.enable_pipelined_write = pipelinedWrite;
  std::shared_ptr<rocksdb::MemTableRepFactory> factory = memtable == "log" ? makeLogMemtable() : nullptr;
  if (factory == nullptr && memtableInsertHint) factory = makeHintedMemtable();
  if (factory != nullptr) {
    options.memtable_factory = factory;
    options.allow_concurrent_memtable_write = false;
  }
  options.max_total_wal_size = maxTotalWalSize;
  options.wal_bytes_per_sync = walBytesPerSync;
  options.bytes_per_sync = bytesPerSync;
  options.recycle_log_file_num = recycleLogFileNum;
  options.use_direct_reads = useDirectReads;
  options.use_direct_io_for_flush_and_compaction = useDirectIoForFlushAndCompaction;
  // FIFO compaction takes nothing else.
  options.max_open_files = fifoCompactionMaxTableFilesSize > 0 ? -1 : maxOpenFiles;
  // Without them RocksDB would go on writing behind a write that failed.
  options.paranoid_checks = paranoidChecks || !readOnly;

  rocksdb::BlockBasedTableOptions table;
  // The format that HoraeDB's RocksDB (8.10) and every version since 6.6 can read.
  table.format_version = 5;
  table.block_size = blockSize;
  if (blockCacheSize == 0) {
    table.no_block_cache = true;
  } else {
    table.block_cache = rocksdb::NewLRUCache(blockCacheSize);
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  // RocksDB 9 would keep the name of the database in the manifest, which backups copy: a restored log must be another one.
  options.write_dbid_to_manifest = false;

  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  if (readOnly) options.info_log = std::make_shared<SilentLogger>();
  else options.info_log = std::make_shared<InfoLog>(directory);
  return options;
}

}  // namespace shale

#include "database/options.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdarg>
#include <limits>
#include <type_traits>

#include "core/errors.h"
#include "core/private_files.h"
#include "database/info_log.h"
#include "memtable/log_memtable.h"
#include "memtable/memtable.h"
#include "napi/napi_support.h"

namespace shale {

namespace {

// Visits every setting by name: reading and comparing must never miss one.
template <class First, class Second, class Visitor>
void visitSettings(First& a, Second& b, Visitor&& visit) {
#define SHALE_SETTING(name) visit(#name, a.name, b.name)
  SHALE_SETTING(maxBackgroundJobs);
  SHALE_SETTING(maxSubcompactions);
  SHALE_SETTING(enableStatistics);
  SHALE_SETTING(writeBufferSize);
  SHALE_SETTING(maxWriteBufferNumber);
  SHALE_SETTING(level0FileNumCompactionTrigger);
  SHALE_SETTING(level0SlowdownWritesTrigger);
  SHALE_SETTING(level0StopWritesTrigger);
  SHALE_SETTING(fifoCompactionMaxTableFilesSize);
  SHALE_SETTING(backgroundNice);
  SHALE_SETTING(walRecoveryMode);
  SHALE_SETTING(compression);
  SHALE_SETTING(blockCacheSize);
  SHALE_SETTING(blockSize);
  SHALE_SETTING(pipelinedWrite);
  SHALE_SETTING(memtable);
  SHALE_SETTING(memtableInsertHint);
  SHALE_SETTING(maxTotalWalSize);
  SHALE_SETTING(walBytesPerSync);
  SHALE_SETTING(bytesPerSync);
  SHALE_SETTING(recycleLogFileNum);
  SHALE_SETTING(useDirectReads);
  SHALE_SETTING(useDirectIoForFlushAndCompaction);
  SHALE_SETTING(maxOpenFiles);
  SHALE_SETTING(paranoidChecks);
  SHALE_SETTING(targetFileSizeBase);
  SHALE_SETTING(memtableMaxRangeDeletions);
  SHALE_SETTING(filePermissions);
  SHALE_SETTING(spaceReserve);
#undef SHALE_SETTING
}

void readSetting(napi_env env, const char* name, napi_value value, bool& out) {
  if (napi_get_value_bool(env, value, &out) != napi_ok) throwTypeError(name, "a boolean");
}

void readSetting(napi_env env, const char* name, napi_value value, std::string& out) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) throwTypeError(name, "a string");
  out.resize(length);
  check(napi_get_value_string_utf8(env, value, out.data(), length + 1, &length));
}

template <class Integer, std::enable_if_t<std::is_integral_v<Integer>, int> = 0>
void readSetting(napi_env env, const char* name, napi_value value, Integer& out) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) throwTypeError(name, "a number");
  constexpr double kLargest = std::min<double>(static_cast<double>(std::numeric_limits<Integer>::max()), 9007199254740991.0);
  constexpr double kSmallest = std::is_signed_v<Integer> ? -1.0 : 0.0;
  if (!(number >= kSmallest && number <= kLargest) || number != static_cast<double>(static_cast<Integer>(number))) {
    throwRangeError(name, "an integer that RocksDB can hold");
  }
  out = static_cast<Integer>(number);
}

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
    throw DatabaseError{"ROCKSDB_NOT_SUPPORTED", "This librocksdb was built without " + name, "none", "none", ""};
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

Settings Settings::read(napi_env env, napi_value object) {
  napi_valuetype type;
  check(napi_typeof(env, object, &type));
  if (type != napi_object) throwTypeError("options", "an object");
  Settings settings{};
  visitSettings(settings, settings, [&](const char* name, auto& target, auto&) {
    napi_value value;
    check(napi_get_named_property(env, object, name, &value));
    readSetting(env, name, value, target);
  });
  recoveryModeOf(settings.walRecoveryMode);
  compressionOf(settings.compression);
  if (settings.memtable != "log" && settings.memtable != "skiplist") throwRangeError("memtable", "log or skiplist");
  if (settings.filePermissions != "owner" && settings.filePermissions != "umask") {
    throwRangeError("filePermissions", "owner or umask");
  }
  return settings;
}

std::string Settings::differenceFrom(const Settings& other) const {
  std::string difference;
  visitSettings(*this, other, [&](const char* name, const auto& mine, const auto& theirs) {
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
  options.level0_file_num_compaction_trigger = level0FileNumCompactionTrigger;
  options.level0_slowdown_writes_trigger = level0SlowdownWritesTrigger;
  options.level0_stop_writes_trigger = level0StopWritesTrigger;
  if (fifoCompactionMaxTableFilesSize > 0) {
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
  options.max_open_files = maxOpenFiles;
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

  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  if (readOnly) options.info_log = std::make_shared<SilentLogger>();
  else options.info_log = std::make_shared<InfoLog>(directory);
  return options;
}

}  // namespace shale

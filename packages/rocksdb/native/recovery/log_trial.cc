#include "recovery/log_trial.h"

#include <rocksdb/db.h>
#include <rocksdb/wal_filter.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "core/errors.h"
#include "core/format.h"
#include "core/read_only.h"

namespace shale {

namespace {

class Trial : public rocksdb::WalFilter {
 public:
  const char* Name() const override { return "shale.logTrial"; }

  // Called when a replay begins; there may be several.
  void ColumnFamilyLogNumberMap(const std::map<uint32_t, uint64_t>&, const std::map<std::string, uint32_t>&) override {
    result_ = LogTrial();
    log_ = 0;
  }

  WalProcessingOption LogRecordFound(unsigned long long log, const std::string& file, const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch*, bool*) override {
    const std::string& data = batch.Data();
    const uint64_t first = loadU64LE(data.data());
    const uint64_t count = batch.Count();
    const BatchShape shape = shapeOf(data);
    const bool overlaps = log == log_ && first > start_ && first < start_ + count_;
    if (!result_.obstacle && (shape != BatchShape::kPlain || overlaps)) {
      result_.obstacle = Obstacle{std::filesystem::path(file).filename().string(), 0, shape, overlaps};
    }
    log_ = log;
    start_ = first;
    count_ = count;
    result_.records++;
    result_.entries += count;
    if (first + count > 0) result_.last = std::max(result_.last.value_or(0), first + count - 1);
    return WalProcessingOption::kIgnoreCurrentRecord;
  }

  const LogTrial& result() const { return result_; }

 private:
  LogTrial result_;
  uint64_t log_ = 0;
  uint64_t start_ = 0;
  uint64_t count_ = 0;
};

}  // namespace

LogTrial tryLogs(rocksdb::Options options, const std::string& path) {
  Trial trial;
  options.wal_filter = &trial;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  std::unique_ptr<rocksdb::DB> db;
  throwIfFailed(openReadOnly(options, path, &db), path);
  db.reset();
  return trial.result();
}

}  // namespace shale

#include "recovery/log_continuity.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace shale {

namespace {

// A batch, as it is in the log, begins with the number of its first change.
uint64_t firstChangeOf(const rocksdb::WriteBatch& batch) {
  const std::string& data = batch.Data();
  uint64_t number = 0;
  for (size_t i = 0; i < 8 && i < data.size(); i++) number |= uint64_t{static_cast<uint8_t>(data[i])} << (8 * i);
  return number;
}

}  // namespace

LogContinuity::LogContinuity(std::string path, rocksdb::WALRecoveryMode mode, const AllowedJumps& jumps)
    : path_(std::move(path)),
      atGap_(mode == rocksdb::WALRecoveryMode::kPointInTimeRecovery ? WalProcessingOption::kStopReplay
                                                                   : WalProcessingOption::kCorruptedRecord),
      jumps_(jumps) {}

// From the next record on.
bool LogContinuity::mayJump() const {
  if (!jumps_.any) return false;
  if (next_ == 0) return jumps_.end.value_or(1) != 0;
  return next_ > jumps_.promised && jumps_.end.value_or(UINT64_MAX) != next_ - 1;
}

// Called when a replay begins; a read-only open may take several.
void LogContinuity::ColumnFamilyLogNumberMap(const std::map<uint32_t, uint64_t>& logNumbers,
                                             const std::map<std::string, uint32_t>&) {
  firstNeeded_ = UINT64_MAX;
  for (const auto& family : logNumbers) firstNeeded_ = std::min(firstNeeded_, family.second);
  next_ = 0;
  stopped_ = false;
  logs_.clear();
  std::error_code error;
  for (std::filesystem::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".log") logs_.insert(std::strtoull(at->path().filename().c_str(), nullptr, 10));
  }
}

rocksdb::WalFilter::WalProcessingOption LogContinuity::LogRecordFound(unsigned long long log, const std::string&,
                                                                     const rocksdb::WriteBatch& batch,
                                                                     rocksdb::WriteBatch*, bool*) {
  const uint64_t first = firstChangeOf(batch);
  if (next_ == 0) {
    const auto oldest = logs_.lower_bound(firstNeeded_);
    stopped_ = oldest != logs_.end() && *oldest < log && !mayJump();
  } else {
    // A write that failed when it was in the log already may be followed by another with its number.
    stopped_ = (first > next_ && !mayJump()) || (first < next_ && first != start_);
  }
  if (stopped_) return atGap_;
  start_ = first;
  next_ = std::max(next_, first + batch.Count());
  return WalProcessingOption::kContinueProcessing;
}

}  // namespace shale

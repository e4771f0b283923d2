#include "database/health.h"

#include "core/errors.h"

namespace shale {

using rocksdb::BackgroundErrorReason;
using rocksdb::Status;

namespace {

// RocksDB says by its words alone whether it was a write that failed or a sync, and of which file.
bool isSyncOfLog(const Status& status) {
  const std::string text = status.ToString();
  if (text.find(".log:") == std::string::npos) return false;
  for (const char* call : {"While fdatasync", "While fsync", "While sync_file_range"}) {
    if (text.find(call) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

void Health::OnBackgroundError(BackgroundErrorReason reason, Status* status) {
  if (status->ok()) return;  // kept from RocksDB by UnreadableFiles
  judge(*status, reason == BackgroundErrorReason::kWriteCallback);
}

void Health::OnErrorRecoveryBegin(BackgroundErrorReason, Status status, bool* automatic) {
  // RocksDB would poll the disk for room every few seconds, and go on behind our back.
  if (isNoSpace(status)) *automatic = false;
}

void Health::observeWrite(const Status& status) {
  if (status.IsIOError() && !backgroundFault_) judge(status, true);
}

void Health::judge(const Status& status, bool ofLog) {
  // Also beside another trouble, such as a flush that has just filled the disk.
  if (ofLog && isSyncOfLog(status)) return poison(status.ToString());
  // What else follows the first error follows from it: RocksDB refuses, in other words each time.
  if (stopped()) return;
  if (isNoSpace(status)) {
    fill(status.ToString());
  } else if (isOutOfResources(status)) {
    starve(status.ToString());
  } else if ((ofLog && status.IsIOError()) || status.severity() >= Status::Severity::kFatalError) {
    poison(status.ToString());
  } else if (!ofLog) {
    backgroundFault_ = true;
  }
}

void Health::fill(const std::string& reason) { latch(full_, reason); }

void Health::starve(const std::string& reason) { latch(starved_, reason); }

void Health::poison(const std::string& reason) { latch(poisoned_, reason); }

void Health::latch(std::atomic<bool>& state, const std::string& reason) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!poisoned_) reason_ = reason;
  stopped_.store(true, std::memory_order_release);
  state.store(true, std::memory_order_release);
}

void Health::begin(bool full) {
  std::lock_guard<std::mutex> lock(mutex_);
  full_ = full;
  starved_ = false;
  stopped_ = false;
  backgroundFault_ = false;
}

std::string Health::reason() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return reason_;
}

}  // namespace shale

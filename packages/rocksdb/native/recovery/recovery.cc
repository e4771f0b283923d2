#include "recovery/recovery.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/directories.h"
#include "core/errors.h"
#include "core/private_files.h"
#include "recovery/report.h"

namespace shale {

namespace {

namespace fs = std::filesystem;

// RocksDB's lock, so that no other process writes while the logs are read.
class DirectoryLock {
 public:
  DirectoryLock(const std::string& path, bool ownerOnly) : environment_(databaseEnvironment(ownerOnly)) {
    throwIfFailed(environment_->LockFile(path + "/LOCK", &lock_), path);
  }
  ~DirectoryLock() { environment_->UnlockFile(lock_).PermitUncheckedError(); }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  rocksdb::Env* const environment_;
  rocksdb::FileLock* lock_ = nullptr;
};

}  // namespace

Recovery::Recovery(std::string path, RecoveryRequest request) : path_(std::move(path)), request_(std::move(request)) {}

void Recovery::before() {
  std::error_code error;
  if (!fs::exists(path_ + "/CURRENT", error)) {
    if (error) throwSystemError("Cannot look at", path_ + "/CURRENT", error.value());
    found_ = examineEmpty(path_, request_);
    return;
  }
  if (request_.readOnly) {
    found_ = examine(path_, request_);
  } else {
    const DirectoryLock lock(path_, request_.ownerOnly);
    found_ = examine(path_, request_);
    if (found_.missing && !request_.salvage) throwMissing(path_, report());
    mending_.prepareLogs(found_);
    mending_.prepareManifest(&found_);
  }
  elapsedMicros_ = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_).count());
}

void Recovery::undo() {
  if (!request_.readOnly) mending_.undo(found_);
}

Recovery::Terms Recovery::terms() const {
  Terms terms;
  terms.levels = static_cast<int>(found_.manifest.levels());
  terms.wholeLogs = found_.wholeLogs && !request_.salvage && !found_.fresh;
  terms.jumps.any = !found_.fresh && found_.writer() != LogWriter::kShale;
  terms.jumps.promised = found_.promised();
  if (!found_.wholeLogs && found_.scan.stopped()) terms.jumps.end = found_.scan.last.value_or(0);
  return terms;
}

std::shared_ptr<Watermark> Recovery::after(rocksdb::DB& db) {
  if (request_.readOnly) return nullptr;
  if (!request_.salvage && !found_.fresh) {
    // Another process may have written since the lock was let go for RocksDB to take it.
    found_.watermark = readWatermark(path_, &found_.mark);
    const uint64_t latest = db.GetLatestSequenceNumber();
    if (found_.promised() > latest) {
      found_.reached = latest;
      found_.missing = true;
      throwMissing(path_, report());
    }
  }
  const uint64_t replayed = db.GetLatestSequenceNumber();
  if (request_.salvage || mending_.raisesFloors()) raiseFloors(path_, db);
  WatermarkState state;
  state.written = db.GetLatestSequenceNumber();
  if (db.GetDBOptions().avoid_flush_during_recovery) {
    // As after a full disk: what was replayed is in the logs still, and is as durable as it was.
    state.synced = std::min(found_.mark.synced, state.written);
  } else {
    // Opening has written all that was in the logs to table files; the floors are in the new log, durably.
    state.opened = replayed;
    state.synced = state.written;
    state.manifest = currentManifest(path_).value_or(0);
  }
  state.bootId = bootId();
  state.database = databaseIdentity(path_);
  state.writer = currentManifest(path_).value_or(0);
  return Watermark::start(path_, state, request_.ownerOnly);
}

std::string Recovery::report() const {
  return reportOf(found_, {request_.salvage, mending_.keptIn(), elapsedMicros_});
}

}  // namespace shale

#include "database.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "errors.h"
#include "read_only.h"

namespace shale {

using rocksdb::BackgroundErrorReason;
using rocksdb::Status;

void Health::OnBackgroundError(BackgroundErrorReason reason, Status* status) {
  const bool ofLog = reason == BackgroundErrorReason::kWriteCallback;
  const bool fatal = status->severity() >= Status::Severity::kFatalError;
  if (!isNoSpace(*status) && (fatal || (ofLog && status->IsIOError()))) {
    poison(*status);
  } else if (!ofLog) {
    backgroundFault_ = true;
  }
}

void Health::OnErrorRecoveryBegin(BackgroundErrorReason, Status status, bool* automatic) {
  // RocksDB would poll the disk for room every few seconds, and refuse resume() meanwhile.
  if (isNoSpace(status)) *automatic = false;
}

void Health::observeWrite(const Status& status) {
  if (status.IsIOError() && !isNoSpace(status) && !backgroundFault_) poison(status);
}

void Health::poison(const Status& status) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (poisoned_) return;
  reason_ = status.ToString();
  poisoned_.store(true, std::memory_order_release);
}

std::string Health::reason() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return reason_;
}

namespace {

// RocksDB 11 takes a unique_ptr where the versions before took a raw pointer: take what there is.
template <class DB>
auto openDatabase(const rocksdb::Options& options, const std::string& path, std::unique_ptr<DB>* out, int)
    -> decltype(DB::Open(options, path, out)) {
  return DB::Open(options, path, out);
}
template <class DB>
Status openDatabase(const rocksdb::Options& options, const std::string& path, std::unique_ptr<DB>* out, long) {
  DB* raw = nullptr;
  Status status = DB::Open(options, path, &raw);
  out->reset(raw);
  return status;
}
}  // namespace

SharedDatabase::SharedDatabase(std::string path, uint32_t view, bool createIfMissing, const Settings& settings)
    : path_(std::move(path)), view_(view), readOnly_(view != 0), settings_(settings) {
  std::error_code ignored;
  if (!std::filesystem::exists(path_ + "/CURRENT", ignored) && !ignored && (readOnly_ || !createIfMissing)) {
    throw DatabaseError{"ROCKSDB_NOT_FOUND", "There is no database in " + path_ + " (it has no file CURRENT)", "none",
                        "none", path_};
  }
  rocksdb::Options options = settings_.toOptions(readOnly_);
  options.create_if_missing = createIfMissing && !readOnly_;
  if (settings_.enableStatistics) statistics_ = options.statistics = rocksdb::CreateDBStatistics();
  options.listeners = {health_, rangeDeletions_};
  throwIfFailed(readOnly_ ? openReadOnly(options, path_, &db_)
                          : openDatabase<rocksdb::DB>(options, path_, &db_, 0),
                path_);
}

void SharedDatabase::closeNow() {
  // What Close() reports could be told to nobody: whatever was acknowledged is in the log already.
  if (db_ != nullptr) db_->Close().PermitUncheckedError();
  db_.reset();
}

std::unique_ptr<rocksdb::Iterator> SharedDatabase::iterate(const rocksdb::ReadOptions& options) {
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, db_->DefaultColumnFamily()));
}

void SharedDatabase::assertWritable() const {
  if (readOnly_) {
    throw DatabaseError{"ROCKSDB_READ_ONLY", "The database was opened with readOnly: true: " + path_, "none", "none",
                        path_};
  }
  if (health_->poisoned()) {
    throw DatabaseError{"ROCKSDB_POISONED",
                        "An earlier write failed for good (" + health_->reason() +
                            "), so nothing more is written. Close the database in every thread and open it again: " +
                            path_,
                        "none", "fatal", path_};
  }
}

void SharedDatabase::write(rocksdb::WriteBatch& batch, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync;
  throwIfWriteFailed(db_->Write(options, &batch));
}

void SharedDatabase::throwIfWriteFailed(const Status& status) {
  if (status.ok()) return;
  health_->observeWrite(status);
  throw errorFromStatus(status, path_);
}

void SharedDatabase::countRangeDeletion() {
  const uint64_t limit = settings_.memtableMaxRangeDeletions;
  if (limit == 0 || rangeDeletions_->add() != limit) return;
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  // If it fails, reads stay as slow as they are, and the next flush will tell.
  db_->Flush(options).PermitUncheckedError();
}

bool SharedDatabase::claim(const std::string& name, const Lease* owner) {
  std::lock_guard<std::mutex> lock(claimsMutex_);
  return claims_.emplace(name, owner).second;
}

bool SharedDatabase::releaseClaim(const std::string& name, const Lease* owner) {
  std::lock_guard<std::mutex> lock(claimsMutex_);
  const auto found = claims_.find(name);
  if (found == claims_.end() || found->second != owner) return false;
  claims_.erase(found);
  return true;
}

void SharedDatabase::releaseClaims(const Lease* owner) {
  std::lock_guard<std::mutex> lock(claimsMutex_);
  for (auto it = claims_.begin(); it != claims_.end();) it = it->second == owner ? claims_.erase(it) : std::next(it);
}

}  // namespace shale

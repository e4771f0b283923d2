#include "database/passes.h"

#include <rocksdb/convenience.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "database/level0.h"
#include "database/pass_plan.h"
#include "database/pass_rest.h"

namespace shale {

using rocksdb::Status;
using Clock = std::chrono::steady_clock;
using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::seconds;

namespace {

// Quiet: in a second less was written than this.
constexpr seconds kQuiet(1);
constexpr uint64_t kQuietBytes = 1 << 20;
// Of the files that begin a pass at any rate.
constexpr uint64_t kShareWhenQuiet = 32;
constexpr uint64_t kLeastFiles = 2;
// A pass that found no room or failed is tried again after a flush or so long.
constexpr seconds kAgain(60);

// Which passes the calling thread makes.
thread_local const Passes* passing = nullptr;

uint64_t roomIn(const std::string& directory) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(directory, error);
  return error ? 0 : space.available;
}

// Whether there is less room than level 0 takes.
bool isTight(rocksdb::DB& db, uint64_t room) {
  // The list of all files takes milliseconds if there are thousands, and keeps writes waiting meanwhile.
  uint64_t all = 0;
  if (db.GetIntProperty(rocksdb::DB::Properties::kLiveSstFilesSize, &all) && room >= all) return false;
  rocksdb::ColumnFamilyMetaData metadata;
  db.GetColumnFamilyMetaData(&metadata);
  return room < metadata.levels[0].size;
}

}  // namespace

Passes::Passes(std::string directory, const Settings& settings, std::shared_ptr<UnreadableFiles> unreadableFiles,
               std::shared_ptr<Health> health, std::shared_ptr<WritePace> pace, Made made)
    : directory_(std::move(directory)),
      fileSize_(settings.targetFileSizeBase),
      spaceReserve_(settings.spaceReserve),
      unreadableFiles_(std::move(unreadableFiles)),
      health_(std::move(health)),
      pace_(std::move(pace)),
      made_(std::move(made)),
      priority_(settings.backgroundNice) {
  if (!settings.makesPasses()) return;
  trigger_ = static_cast<uint64_t>(settings.level0FileNumCompactionTrigger);
  slowdown_ = static_cast<uint64_t>(settings.level0SlowdownWritesTrigger);
  whenQuiet_ = std::min(trigger_, std::max(kLeastFiles, trigger_ / kShareWhenQuiet));
}

void Passes::OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo&) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // A flush of the opening itself: attach() comes.
  if (db_ != db || ending_) return;
  count(*db);
  flushes_++;
  changed_.notify_all();
}

void Passes::count(rocksdb::DB& db) {
  level0_ = filesAtLevel0(db);
  // Writes do not wait for passes that do not come.
  pace_->level0Has(isOff() ? 0 : level0_.load());
  tight_ = isTight(db, roomIn(directory_));
  if (thread_.joinable() || isOff() || isTooLittle()) return;
  try {
    thread_ = std::thread(&Passes::run, this);
  } catch (const std::system_error&) {
    // No thread to be had: the next flush tries again.
  }
}

void Passes::attach(rocksdb::DB& db) {
  const std::lock_guard<std::mutex> lock(mutex_);
  db_ = &db;
  ending_ = false;
  count(db);
}

void Passes::detach() {
  std::thread thread;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (db_ == nullptr) return;
    ending_ = true;
    changed_.notify_all();
    thread.swap(thread_);
  }
  if (thread.joinable()) {
    // A compaction by files has no other end than that of all.
    rocksdb::CancelAllBackgroundWork(db_, false);
    thread.join();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  db_ = nullptr;
  level0_ = 0;
}

void Passes::run() {
#ifdef __linux__
  ::prctl(PR_SET_NAME, "shale:passes");
#endif
  passing = this;
  priority_.lower();
  std::unique_lock<std::mutex> lock(mutex_);
  while (awaitDue(lock)) {
    if (!turns_.beginPass()) {
      changed_.wait_for(lock, kQuiet, [this] { return ending_; });
      continue;
    }
    const uint64_t before = flushes_;
    lock.unlock();
    flushWhenQuiet();
    const bool done = pass();
    turns_.endPass();
    lock.lock();
    if (ending_) return;
    count(*db_);
    changed_.notify_all();
    if (!done) changed_.wait_for(lock, kAgain, [&] { return ending_ || flushes_ != before; });
  }
}

bool Passes::awaitDue(std::unique_lock<std::mutex>& lock) {
  while (!ending_) {
    if (isOff() || isTooLittle()) {
      const uint64_t before = flushes_;
      changed_.wait(lock, [&] { return ending_ || flushes_ != before; });
      continue;
    }
    if (level0_ >= trigger_ || tight_) return true;
    const uint64_t before = pace_->written();
    changed_.wait_for(lock, kQuiet, [this] { return ending_ || level0_ >= trigger_; });
    if (!ending_ && level0_ < trigger_ && pace_->written() - before < kQuietBytes) return true;
  }
  return false;
}

bool Passes::isTooLittle() const { return level0_ < (tight_ ? kLeastFiles : whenQuiet_); }

void Passes::flushWhenQuiet() {
  uint64_t bytes = 0;
  if (level0_ >= trigger_ || tight_ || !db_->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes)) return;
  if (bytes < kQuietBytes) return;
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;
  // What it means for the database that it failed, the listeners for background errors have been told.
  db_->Flush(options).PermitUncheckedError();
}

bool Passes::pass() {
  rocksdb::ColumnFamilyMetaData metadata;
  db_->GetColumnFamilyMetaData(&metadata);
  const uint64_t room = roomIn(directory_);
  // Half of it is for what is written meanwhile.
  const PassPlan plan = planPass(metadata, (room - std::min(room, spaceReserve_)) / 2);
  if (plan.files.empty()) return false;
  rocksdb::CompactionOptions options;
  // As the options of the database say.
  options.compression = rocksdb::kDisableCompressionOption;
  options.output_file_size_limit = fileSize_;
  workBegan_ = Clock::now();
  writtenBefore_ = pace_->written();
  UnreadableFiles::compacts(plan.files);
  std::vector<std::string> made;
  // What it means for the database that it failed, the listeners for background errors have been told.
  if (!db_->CompactFiles(options, plan.files, plan.level, -1, &made).ok()) return false;
  made_(made);
  return true;
}

void Passes::OnTableFileCreationStarted(const rocksdb::TableFileCreationBriefInfo&) {
  if (passing == this) rest();
}

void Passes::rest() {
  const double worked = duration_cast<duration<double>>(Clock::now() - workBegan_).count();
  const double written = static_cast<double>(pace_->written() - writtenBefore_);
  if (written >= kQuietBytes * worked) {
    std::unique_lock<std::mutex> lock(mutex_);
    const duration<double> time(restAfterWork(worked, level0_, trigger_, slowdown_));
    changed_.wait_for(lock, time, [this] { return ending_ || tight_ || level0_ >= slowdown_ || turns_.areAwaited(); });
  }
  workBegan_ = Clock::now();
  writtenBefore_ = pace_->written();
}

}  // namespace shale

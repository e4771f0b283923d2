#include "database/database.h"

#include <rocksdb/convenience.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/background_priority.h"
#include "core/directories.h"
#include "core/errors.h"
#include "core/executor.h"
#include "core/format.h"
#include "core/open_rocksdb.h"
#include "core/private_files.h"
#include "core/read_only.h"
#include "recovery/log_scan.h"

namespace shale {

using rocksdb::Status;

namespace {

// Each meets the writer in the middle of changing its logs.
constexpr int kMostAttempts = 200;

// One memtable takes all that is in the logs, so that nothing of it is flushed.
void holdLogs(rocksdb::Options& options) {
  // Otherwise RocksDB derives its blocks from the size of the memtable.
  options.arena_block_size = std::min<size_t>(options.write_buffer_size / 8, size_t{1} << 20);
  // The logs hold as many memtables as there may be.
  const size_t memtables = static_cast<size_t>(options.max_write_buffer_number);
  options.write_buffer_size = std::max<size_t>(options.write_buffer_size * 4 * memtables, size_t{1} << 30);
}

// What reads keep from one chunk to the next takes as much memory as two block caches, and at most 64 MiB. A block and what else
// an iterator has of a file are less than two blocks.
uint64_t keptFiles(const Settings& settings) {
  return std::min<uint64_t>(settings.blockCacheSize, 32 << 20) / std::max<uint64_t>(1, settings.blockSize);
}

// On a full disk every byte counts: no room taken ahead, nothing compacted.
void spare(rocksdb::Options& options) {
  options.allow_fallocate = false;
  options.disable_auto_compactions = true;
  options.max_total_wal_size = std::numeric_limits<uint64_t>::max();
}

}  // namespace

SharedDatabase::SharedDatabase(std::string path, uint32_t handleId, bool createIfMissing, const Settings& settings)
    : path_(std::move(path)),
      handleId_(handleId),
      readOnly_(handleId != 0),
      settings_(settings),
      reserve_(path_, handleId == 0 ? settings.spaceReserve : 0),
      unreadableFiles_(std::make_shared<UnreadableFiles>(path_)),
      pace_(std::make_shared<WritePace>(settings_)),
      keptScans_(std::make_shared<KeptScans>(keptFiles(settings_))),
      recentFiles_(std::make_shared<RecentFiles>(settings_.pageCacheBytes)),
      passes_(std::make_shared<Passes>(path_, settings_, unreadableFiles_, health_, pace_,
                                       [scans = keptScans_, files = recentFiles_](const std::vector<std::string>& paths) {
                                         scans->clear();
                                         files->made(paths);
                                       })),
      fileDeletions_(*databaseEnvironment(settings_.ownerOnly())) {
  if (settings_.enableStatistics) statistics_ = rocksdb::CreateDBStatistics();
  writerLock_ = lockForWriting(createIfMissing);
  Recovery recovery(path_, recoveryRequest(createIfMissing, settings_.salvage));
  try {
    recovery.before();
  } catch (...) {
    writerLock_.undo();
    throw;
  }
  terms_ = recovery.terms();
  Status status = open(Opening::kNormal, createIfMissing && !readOnly_);
  if (!readOnly_ && isNoSpace(status)) {
    // There may be room for all but the table files that the logs would go to.
    health_->begin(false);
    status = open(Opening::kLight, createIfMissing);
  }
  if (!readOnly_ && isNoSpace(status) && reserve_.giveUp()) {
    health_->fill(status.ToString());
    health_->begin(true);
    try {
      status = open(Opening::kSparing, false);
    } catch (...) {
      reserve_.keep();
      recovery.undo();
      throw;
    }
    if (!status.ok()) reserve_.keep();
  }
  if (!status.ok()) recovery.undo();
  throwIfFailed(status, path_);
  try {
    watermark_ = recovery.after(*db_);
    noteOpened();
    recovery_ = recovery.report();
  } catch (...) {
    closeRocksDB();
    throw;
  }
  if (!health_->full()) reserve_.keep();
}

RecoveryRequest SharedDatabase::recoveryRequest(bool createIfMissing, bool salvage) const {
  return {readOnly_, createIfMissing, salvage, settings_.ownerOnly(), settings_.toOptions(path_, true)};
}

WriterLock SharedDatabase::lockForWriting(bool createIfMissing) const {
  std::error_code error;
  // Where there is nothing to be opened, nothing is made.
  if (readOnly_ || (!createIfMissing && !std::filesystem::exists(path_ + "/CURRENT", error))) return WriterLock();
  try {
    return WriterLock(path_);
  } catch (const DatabaseError& failure) {
    if (failure.code != "ROCKSDB_NO_SPACE" || !reserve_.giveUp()) throw;
  }
  return WriterLock(path_);
}

Status SharedDatabase::open(Opening opening, bool createIfMissing) {
  if (readOnly_) return openForReading();
  rocksdb::Options options = begin(false);
  options.env = fileDeletions_.environment();
  options.create_if_missing = createIfMissing;
  options.listeners = {unreadableFiles_, health_, rangeDeletions_, pace_, passes_, keptScans_, recentFiles_,
                       std::make_shared<BackgroundPriority>(settings_.backgroundNice)};
  options.avoid_flush_during_recovery = opening != Opening::kNormal;
  if (opening == Opening::kSparing) spare(options);
  if (options.avoid_flush_during_recovery) {
    holdLogs(options);
    syncLogs(path_);
  }
  const Status status = openRocksDB(options, path_, &db_);
  if (!status.ok()) return status;
  unreadableFiles_->attach(*db_);
  // Should that fail, memtables stay large until the next opening.
  if (opening == Opening::kLight) {
    db_->SetOptions({{"write_buffer_size", std::to_string(settings_.writeBufferSize)}}).PermitUncheckedError();
  }
  if (opening != Opening::kSparing) passes_->attach(*db_);
  return status;
}

void SharedDatabase::closeRocksDB() {
  passes_->detach();
  unreadableFiles_->detach();
  keptScans_->clear();
  // No caller is left to tell what Close() reports; everything acknowledged is in the log already.
  if (db_ != nullptr) pace_->ends(*db_);
  if (db_ != nullptr) db_->Close().PermitUncheckedError();
  db_.reset();
  fileDeletions_.finish();
  pace_->forget();
}

Status SharedDatabase::openForReading() {
  // While a writer makes files, a listing of the directory can lack one that is older than another in it, and so can
  // the logs that RocksDB replays. A gap among files that stay the same is a real one.
  const auto names = [&] {
    std::vector<std::string> logs;
    for (const LogFile& file : listLogs(path_)) logs.push_back(file.name);
    return logs;
  };
  for (int attempt = 0;; attempt++) {
    const std::vector<std::string> before = names();
    const Status status = openReadOnly(begin(true), path_, &db_);
    const bool gap = status.ok() && logContinuity_ != nullptr && logContinuity_->stopped();
    if (!gap || names() == before) return status;
    db_.reset();
    if (attempt == kMostAttempts) {
      return Status::TryAgain("The writer of this database makes and deletes logs faster than a reader can open it", path_);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(attempt));
  }
}

rocksdb::Options SharedDatabase::begin(bool readOnly) {
  rocksdb::Options options = settings_.toOptions(path_, readOnly);
  options.statistics = statistics_;
  options.num_levels = std::max(options.num_levels, terms_.levels);
  if (terms_.wholeLogs && options.wal_recovery_mode == rocksdb::WALRecoveryMode::kPointInTimeRecovery) {
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  }
  if (options.wal_recovery_mode != rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords) {
    logContinuity_ = std::make_unique<LogContinuity>(path_, options.wal_recovery_mode, terms_.jumps);
    options.wal_filter = logContinuity_.get();
  }
  opening_++;
  return options;
}

void SharedDatabase::closeNow() {
  closeRocksDB();
  if (watermark_ != nullptr) watermark_->sync();
  watermark_.reset();
  if (health_->full()) reserve_.keep();
  writerLock_.release();
}

void SharedDatabase::reopen(Opening opening, bool full) {
  endSnapshots();
  closeRocksDB();
  // Before it is opened: what goes wrong from then on is news.
  health_->begin(full);
  try {
    Recovery recovery(path_, recoveryRequest(false, false));
    recovery.before();
    terms_ = recovery.terms();
    Status status;
    try {
      status = open(opening, false);
    } catch (...) {
      recovery.undo();
      throw;
    }
    if (!status.ok()) recovery.undo();
    throwIfFailed(status, path_);
    watermark_ = recovery.after(*db_);
    noteOpened();
  } catch (const DatabaseError& error) {
    giveUpWriting();
    if (error.code == "ROCKSDB_NO_SPACE") {
      health_->fill(error.message);
    } else if (error.code == "ROCKSDB_NO_RESOURCES") {
      health_->starve(error.message);
    } else {
      health_->poison("reopening the database failed: " + error.message);
    }
    throw;
  } catch (...) {
    giveUpWriting();
    health_->poison("reopening the database failed");
    throw;
  }
}

void SharedDatabase::noteOpened() {
  if (!readOnly_) noteSynced(db_->GetLatestSequenceNumber());
}

void SharedDatabase::noteSynced(uint64_t sequence) {
  uint64_t known = syncedSequence_.load(std::memory_order_relaxed);
  while (known < sequence && !syncedSequence_.compare_exchange_weak(known, sequence, std::memory_order_release)) {
  }
}

void SharedDatabase::giveUpWriting() {
  closeRocksDB();
  // Reads go on.
  try {
    openForReading().PermitUncheckedError();
  } catch (const DatabaseError&) {
    // It is not even possible to look at the directory.
  }
}

void SharedDatabase::assertSound() const {
  if (readOnly_) {
    throw DatabaseError{"ROCKSDB_READ_ONLY", "The database was opened with readOnly: true: " + path_, path_};
  }
  if (health_->poisoned()) {
    throw DatabaseError{"ROCKSDB_POISONED",
                        "An earlier write failed for good (" + health_->reason() +
                            "), so nothing more is written. Close the database in every thread and open it again: " +
                            path_, path_, "none", "fatal"};
  }
}

void SharedDatabase::assertTrimmable() const {
  assertSound();
  if (health_->starved() || (health_->full() && health_->stopped())) throwHalted();
}

void SharedDatabase::throwHalted() const {
  if (!health_->starved()) {
    throw DatabaseError{"ROCKSDB_NO_SPACE", "The disk is full (" + health_->reason() + ")", path_, "noSpace", "hard"};
  }
  throw DatabaseError{"ROCKSDB_NO_RESOURCES",
                      "There were no file descriptors or no memory left to open a file with (" + health_->reason() + ")",
                      path_, "none", "hard"};
}

void SharedDatabase::assertWritable() const {
  assertSound();
  if (health_->halted()) throwHalted();
}

void SharedDatabase::makeTrimmable() {
  assertSound();
  // There is no reserve of descriptors.
  if (health_->starved()) throwHalted();
  if (!health_->full() || !health_->stopped()) return;
  const CancellableCalls::Cancellation cancellation(cancellableCalls_);
  endCompactions();
  const std::lock_guard<WriterPreferringMutex> lock(dbMutex_);
  assertSound();
  if (health_->starved()) throwHalted();
  if (!health_->full() || !health_->stopped()) return;
  if (!reserve_.giveUp()) throwHalted();
  reopen(Opening::kSparing, true);
}

void SharedDatabase::resume() {
  assertSound();
  if (!health_->halted()) {
    const DatabaseGuard guard(*this);
    throwIfFailed(guard.db().Resume(), path_);
    return;
  }
  const CancellableCalls::Cancellation cancellation(cancellableCalls_);
  endCompactions();
  const std::lock_guard<WriterPreferringMutex> lock(dbMutex_);
  assertSound();
  if (!health_->halted()) return;
  if (health_->full() && !reserve_.hasRoom()) throwHalted();
  reopen(Opening::kLight, false);
  reserve_.keep();
}

void SharedDatabase::refillReserve() {
  if (health_->full()) reserve_.keep();
}

void SharedDatabase::endCompactions() {
  // Not a DatabaseGuard: that one throws when the RocksDB was lost, and the caller is about to open it again.
  const std::shared_lock<WriterPreferringMutex> lock(dbMutex_);
  if (db_ == nullptr) return;
  db_->DisableManualCompaction();
  db_->EnableManualCompaction();
}

void SharedDatabase::endSnapshots() {
  std::lock_guard<std::mutex> lock(snapshotsMutex_);
  for (const rocksdb::Snapshot* snapshot : snapshots_) db_->ReleaseSnapshot(snapshot);
  snapshots_.clear();
}

void SharedDatabase::release(const rocksdb::Snapshot* snapshot, uint64_t opening) {
  const std::shared_lock<WriterPreferringMutex> lock(dbMutex_);
  if (opening != opening_) return;
  std::lock_guard<std::mutex> own(snapshotsMutex_);
  if (snapshots_.erase(snapshot) > 0) db_->ReleaseSnapshot(snapshot);
}

void SharedDatabase::cancel() {
  cancelled_ = true;
  cancellableCalls_.cancelAll();
}

void SharedDatabase::cancelBackgroundWork() {
  fileDeletions_.leave();
  // Not waiting for a thread that is replacing the RocksDB.
  const std::shared_lock<WriterPreferringMutex> lock(dbMutex_, std::try_to_lock);
  if (lock && db_ != nullptr) rocksdb::CancelAllBackgroundWork(db_.get(), false);
}

DatabaseGuard::DatabaseGuard(SharedDatabase& database) : database_(database), lock_(database.dbMutex_) {
  requireRocksDB();
}

DatabaseGuard::DatabaseGuard(SharedDatabase& database, std::try_to_lock_t)
    : database_(database), lock_(database.dbMutex_, std::try_to_lock) {
  if (held()) requireRocksDB();
}

void DatabaseGuard::requireRocksDB() const {
  if (database_.db_ != nullptr) return;
  if (!database_.health_->poisoned()) {
    const bool starved = database_.health_->starved();
    throw DatabaseError{starved ? "ROCKSDB_NO_RESOURCES" : "ROCKSDB_NO_SPACE",
                        std::string(starved ? "There are no file descriptors or no memory" : "The disk is full") +
                            ", and RocksDB could not be opened even for reading (" + database_.health_->reason() +
                            "): resume() tries again", path(), starved ? "none" : "noSpace", "hard"};
  }
  throw DatabaseError{"ROCKSDB_POISONED", "The database is lost to this process: " + database_.health_->reason(),
                      database_.path_, "none", "fatal"};
}

bool DatabaseGuard::lookBesideDamage() const {
  const std::shared_ptr<const FileRanges> known = std::atomic_load(&database_.fileRanges_);
  if (known != nullptr && known->version() == FileRanges::versionOf(db())) return false;
  const std::shared_ptr<const FileRanges> found = FileRanges::of(db());
  if (found != nullptr) std::atomic_store(&database_.fileRanges_, found);
  return found != nullptr;
}

bool DatabaseGuard::get(const rocksdb::ReadOptions& options, const rocksdb::Slice& key, rocksdb::PinnableSlice* value) const {
  const Status status = db().Get(options, db().DefaultColumnFamily(), key, value);
  if (status.IsNotFound() || status.ok()) return status.ok();
  if (!status.IsCorruption()) throwIfFailed(status, path());
  // It looks into files that cannot have the key as long as there are few; an iterator can be told not to.
  lookBesideDamage();
  const std::string next = key.ToString() + '\0';
  const KeyRange range{key, next};
  const auto iterator = iterate(range, options);
  iterator->SeekToFirst();
  throwIfFailed(iterator->status(), path());
  if (!iterator->Valid()) return false;
  value->PinSelf(iterator->value());
  return true;
}

std::unique_ptr<rocksdb::Iterator> DatabaseGuard::iterate(const KeyRange& range, rocksdb::ReadOptions options) const {
  const std::shared_ptr<const FileRanges> ranges = std::atomic_load(&database_.fileRanges_);
  if (ranges != nullptr) options.table_filter = FileRanges::filter(ranges, range);
  options.background_purge_on_iterator_cleanup = true;
  options.iterate_lower_bound = &range.lower;
  options.iterate_upper_bound = &range.upper;
  return std::unique_ptr<rocksdb::Iterator>(db().NewIterator(options, db().DefaultColumnFamily()));
}

bool DatabaseGuard::endsEarly(const rocksdb::Iterator& iterator, bool any) const {
  const Status status = iterator.status();
  if (!any) throwIfFailed(status, path());
  return !status.ok();
}

void DatabaseGuard::write(rocksdb::WriteBatch& batch, bool sync) const {
  rocksdb::WriteOptions options;
  options.sync = sync;
  database_.pace_->await(batch.GetDataSize());
  throwIfWriteFailed(db().Write(options, &batch));
  if (batch.HasDelete() || batch.HasDeleteRange()) database_.keptScans_->removed();
  // RocksDB has put the sequence of its first record at the head of the batch.
  noteWritten(loadU64LE(batch.Data().data()) + batch.Count() - 1, sync);
}

void DatabaseGuard::noteWritten(uint64_t sequence, bool synced) const {
  if (synced) database_.noteSynced(sequence);
  const std::shared_ptr<Watermark>& watermark = database_.watermark_;
  if (watermark == nullptr) return;
  if (!watermark->advance(sequence, synced)) {
    database_.health_->poison(watermark->reason());
    throw DatabaseError{"ROCKSDB_IO_ERROR", watermark->reason(), path(), "none", "fatal"};
  }
  if (!watermark->syncDue()) return;
  const auto sync = [watermark, health = database_.health_] {
    if (!watermark->sync()) health->poison(watermark->reason());
  };
  try {
    Executor::brief().submit(sync);
  } catch (...) {
    sync();  // no thread to be had
  }
}

void DatabaseGuard::throwIfWriteFailed(const Status& status) const {
  if (status.ok()) return;
  database_.health_->observeWrite(status);
  // A write that waited for room in memory while a compaction failed: RocksDB says no more than that it is not in.
  if (status.IsIncomplete()) database_.assertTrimmable();
  DatabaseError error = errorFromStatus(status, database_.path_);
  // No room for a sync: not the full disk that resume() can leave.
  if (isNoSpace(status) && database_.health_->poisoned()) error.code = "ROCKSDB_IO_ERROR";
  throw error;
}

void DatabaseGuard::sync() const {
  // Not SyncWAL(): that one looks at the log beside the writers, and where a write of theirs has just failed, RocksDB
  // with assertions ends the process.
  rocksdb::WriteBatch nothing;
  rocksdb::WriteOptions options;
  options.sync = true;
  const uint64_t latest = db().GetLatestSequenceNumber();
  throwIfWriteFailed(db().Write(options, &nothing));
  noteWritten(latest, true);
}

void DatabaseGuard::countRangeDeletions(uint64_t count) const {
  const uint64_t limit = database_.settings_.memtableMaxRangeDeletions;
  if (limit == 0 || count == 0) return;
  const uint64_t now = database_.rangeDeletions_->add(count);
  // Asked again with each `limit` more of them.
  const uint64_t before = now - std::min(now, count);
  if (now / limit == before / limit || database_.health_->halted()) return;
  if (!flushIsDue(db(), now, limit, database_.settings_.level0FileNumCompactionTrigger)) return;
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  // If it fails, reads stay as slow as they are, and the next flush will tell.
  db().Flush(options).PermitUncheckedError();
}

const rocksdb::Snapshot* DatabaseGuard::takeSnapshot() const {
  std::lock_guard<std::mutex> lock(database_.snapshotsMutex_);
  const rocksdb::Snapshot* snapshot = db().GetSnapshot();
  database_.snapshots_.insert(snapshot);
  return snapshot;
}

}  // namespace shale

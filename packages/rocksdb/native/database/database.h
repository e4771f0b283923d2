// One RocksDB that every thread of the process shares.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/listener.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/statistics.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_set>

#include "core/bytes.h"
#include "core/writer_preferring_mutex.h"
#include "database/cancellable_calls.h"
#include "database/claims.h"
#include "database/drop_history.h"
#include "database/file_deletions.h"
#include "database/file_ranges.h"
#include "database/health.h"
#include "database/kept_scans.h"
#include "database/loans.h"
#include "database/options.h"
#include "database/passes.h"
#include "database/range_deletions.h"
#include "database/recent_files.h"
#include "database/reserve.h"
#include "database/unreadable_files.h"
#include "database/write_pace.h"
#include "database/writer_lock.h"
#include "recovery/log_continuity.h"
#include "recovery/recovery.h"
#include "recovery/watermark.h"

namespace shale {

class DatabaseGuard;

class SharedDatabase {
 public:
  // Opens the RocksDB, for reading only unless `handleId` is 0; throws DatabaseError. On a full disk it gives up the
  // space reserve to open it, for reads and trims alone.
  SharedDatabase(std::string path, uint32_t handleId, bool createIfMissing, const Settings& settings);
  ~SharedDatabase() = default;
  SharedDatabase(const SharedDatabase&) = delete;
  SharedDatabase& operator=(const SharedDatabase&) = delete;

  // Closes the RocksDB and gives up its lock. The object must not be used for anything else afterwards.
  void closeNow();

  const std::string& path() const { return path_; }
  bool readOnly() const { return readOnly_; }
  // What the opening has found, as JSON.
  const std::string& recovery() const { return recovery_; }
  // Which of the databases of this path it is, in the registry.
  uint32_t handleId() const { return handleId_; }
  const Settings& settings() const { return settings_; }
  // Table files that a compaction could not read, as JSON.
  std::string unreadableFiles() const { return unreadableFiles_->json(); }
  rocksdb::Statistics* statistics() { return statistics_.get(); }

  // Throws ROCKSDB_READ_ONLY, ROCKSDB_POISONED or ROCKSDB_NO_SPACE.
  void assertWritable() const;
  // The same, but on a full disk it first reopens RocksDB in the room that the space reserve held, which may take a
  // while. The calling thread must not hold a DatabaseGuard.
  void makeTrimmable();

  // Leaves a full disk: reopens RocksDB, which keeps every other call waiting and ends all snapshots. Throws
  // ROCKSDB_NO_SPACE if there is no room yet. The calling thread must not hold a DatabaseGuard.
  void resume();
  // Throws ROCKSDB_READ_ONLY, ROCKSDB_POISONED, or ROCKSDB_NO_SPACE when not even a trim can be written.
  void assertTrimmable() const;
  // Files were deleted: makes a new reserve in their room if the last one was given up.
  void refillReserve();
  // Returns when the room of what was deleted so far is free.
  void awaitDeletions() { fileDeletions_.finish(); }

  // Serialises the read-modify-write of trim floors.
  std::mutex& floorMutex() { return floorMutex_; }
  DropHistory& dropHistory() { return dropHistory_; }
  KeptScans& keptScans() { return *keptScans_; }
  Loans& loans() { return loans_; }
  Claims& claims() { return claims_; }
  // A call that holds a DatabaseGuard for long registers here: makeTrimmable() and resume() wait for it, and all others
  // for them.
  CancellableCalls& cancellableCalls() { return cancellableCalls_; }
  CompactionTurns& compactionTurns() { return passes_->turns(); }

  // Everything up to this sequence of RocksDB survives a crash of the machine.
  uint64_t syncedSequence() const { return syncedSequence_.load(std::memory_order_acquire); }

  // Gives a snapshot back; one that ended with an earlier opening is gone already.
  void release(const rocksdb::Snapshot* snapshot, uint64_t opening);

  // No lease is left to take the results of lengthy calls: those under way end early, and so do new ones.
  void cancel();
  // There is a lease again.
  void goOn() { cancelled_ = false; }
  bool cancelled() const { return cancelled_; }
  // The process ends: the database's own threads start nothing new.
  void cancelBackgroundWork();

 private:
  friend class DatabaseGuard;

  RecoveryRequest recoveryRequest(bool createIfMissing, bool salvage) const;
  // Keeps others from writing from now on; on a full disk with the room of the space reserve.
  WriterLock lockForWriting(bool createIfMissing) const;

  // How to open: as asked for; the same, but leaving in RocksDB's log what is there, for there may be little room; or
  // with as few writes as there can be.
  enum class Opening { kNormal, kLight, kSparing };

  // What RocksDB says; throws DatabaseError when it does not even come to that. On terms_.
  rocksdb::Status open(Opening opening, bool createIfMissing);
  rocksdb::Status openForReading();
  // What both have in common; begins a new opening.
  rocksdb::Options begin(bool readOnly);
  void closeRocksDB();
  // Closes RocksDB and opens it again, whether the disk is still full or not; if that fails, for reading alone,
  // and throws. Under the gate, held exclusively.
  void reopen(Opening opening, bool full);
  void giveUpWriting();
  // So that they do not keep reopen() waiting.
  void endCompactions();
  void endSnapshots();
  // All that is in the RocksDB that was just opened is on stable storage: in table files, or in logs that were synced.
  void noteOpened();
  void noteSynced(uint64_t sequence);
  [[noreturn]] void throwHalted() const;
  void assertSound() const;

  const std::string path_;
  const uint32_t handleId_;
  const bool readOnly_;
  const Settings settings_;
  const Reserve reserve_;
  // Held from before the first look at the files until after the last; nothing when it is read only.
  WriterLock writerLock_;
  std::shared_ptr<rocksdb::Statistics> statistics_;
  std::shared_ptr<Health> health_ = std::make_shared<Health>();
  const std::shared_ptr<UnreadableFiles> unreadableFiles_;
  const std::shared_ptr<WritePace> pace_;
  const std::shared_ptr<KeptScans> keptScans_;
  const std::shared_ptr<RecentFiles> recentFiles_;
  const std::shared_ptr<Passes> passes_;
  std::shared_ptr<RangeDeletions> rangeDeletions_ = std::make_shared<RangeDeletions>();
  // Shared to use db_, exclusive to replace it.
  WriterPreferringMutex dbMutex_;
  CancellableCalls cancellableCalls_;
  FileDeletions fileDeletions_;
  // RocksDB keeps a pointer to it.
  std::unique_ptr<LogContinuity> logContinuity_;
  std::unique_ptr<rocksdb::DB> db_;
  // How often db_ was opened.
  uint64_t opening_ = 0;
  std::mutex snapshotsMutex_;
  std::unordered_set<const rocksdb::Snapshot*> snapshots_;
  std::string recovery_;
  Recovery::Terms terms_;
  std::shared_ptr<Watermark> watermark_;  // null when it is read only, or there was no room for the file
  std::mutex floorMutex_;
  DropHistory dropHistory_;
  Loans loans_;
  Claims claims_;
  std::atomic<bool> cancelled_{false};
  std::atomic<uint64_t> syncedSequence_{0};
  // Null as long as no read has met damage; by std::atomic_load() and its like.
  std::shared_ptr<const FileRanges> fileRanges_;
};

// The use of the RocksDB for the length of one call: while there is one, it is not replaced. Calls take it before they
// look at buffers, since it may wait, and no thread has two at a time.
class DatabaseGuard {
 public:
  // Throws if RocksDB could not be reopened: ROCKSDB_NO_SPACE while resume() may bring it back, else
  // ROCKSDB_POISONED.
  explicit DatabaseGuard(SharedDatabase& database);
  // Holds nothing, and must not be used, while the RocksDB is being replaced: it never waits.
  DatabaseGuard(SharedDatabase& database, std::try_to_lock_t);
  DatabaseGuard(const DatabaseGuard&) = delete;
  DatabaseGuard& operator=(const DatabaseGuard&) = delete;

  bool held() const { return lock_.owns_lock(); }
  rocksdb::DB& db() const { return *database_.db_; }
  SharedDatabase& database() const { return database_; }
  const std::string& path() const { return database_.path_; }

  // A read has met damage: those that come leave out files that have nothing of what they look for. False when they do so
  // already, or cannot.
  bool lookBesideDamage() const;

  // False if there is no such record.
  bool get(const rocksdb::ReadOptions& options, const rocksdb::Slice& key, rocksdb::PinnableSlice* value) const;
  // Over a range, which must outlive the iterator.
  std::unique_ptr<rocksdb::Iterator> iterate(const KeyRange& range, rocksdb::ReadOptions options) const;
  // After an iterator's end: true if it ended early, at something that cannot be read. What it gave before, `any`, is
  // whole, and the next call begins there and fails. Without any it throws.
  bool endsEarly(const rocksdb::Iterator& iterator, bool any) const;

  // Writes a batch and minds what a failure means; throws DatabaseError.
  void write(rocksdb::WriteBatch& batch, bool sync) const;
  // What was written so far survives a crash of the machine.
  void sync() const;
  // Range deletions were written. Every one in the memtable makes the next read after it dearer (a millisecond at some
  // thousands), so the memtable is flushed, in the background, when it has memtableMaxRangeDeletions of them; a few
  // times as many where a flush would make writes wait.
  void countRangeDeletions(uint64_t count) const;

  // Why writes have waited, as JSON.
  std::string stalls() const { return database_.pace_->json(db()); }

  const rocksdb::Snapshot* takeSnapshot() const;
  uint64_t opening() const { return database_.opening_; }

 private:
  void requireRocksDB() const;
  void throwIfWriteFailed(const rocksdb::Status& status) const;
  // Moves the watermark to a sequence of RocksDB that a write or a sync has reached, before it is acknowledged. If that
  // cannot be written down, it throws, and the database is poisoned.
  void noteWritten(uint64_t sequence, bool synced) const;

  SharedDatabase& database_;
  std::shared_lock<WriterPreferringMutex> lock_;
};

}  // namespace shale

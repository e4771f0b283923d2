// One RocksDB that every thread of the process shares.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/listener.h>
#include <rocksdb/statistics.h>
#include <rocksdb/version.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "drops.h"
#include "options.h"

namespace shale {

// The poison latch. Once a write or a sync of RocksDB's log has failed with an I/O error, nobody can say what is on
// disk, and nothing may be acknowledged until the database has been closed by all and opened anew. The same holds for
// every other error that RocksDB takes to be fatal, for it can leave that state in no other way either. A full disk
// is none of these: it is left by resume(), and by nothing else.
class Health : public rocksdb::EventListener {
 public:
  const char* Name() const override { return "shale.health"; }
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status status, bool* automatic) override;
#if ROCKSDB_MAJOR < 11
  void OnErrorRecoveryCompleted(rocksdb::Status) override { backgroundFault_ = false; }
#endif

  // A write or sync in the foreground returned this status.
  void observeWrite(const rocksdb::Status& status);
  void resumed() { backgroundFault_ = false; }

  bool poisoned() const { return poisoned_.load(std::memory_order_acquire); }
  std::string reason() const;

 private:
  void poison(const rocksdb::Status& status);

  std::atomic<bool> poisoned_{false};
  // A flush or compaction failed: writes then repeat that error, though the log itself is sound.
  std::atomic<bool> backgroundFault_{false};
  mutable std::mutex mutex_;
  std::string reason_;
};

// How many range deletions the memtable being filled holds.
class RangeDeletions : public rocksdb::EventListener {
 public:
  const char* Name() const override { return "shale.rangeDeletions"; }
  void OnMemTableSealed(const rocksdb::MemTableInfo&) override { count_ = 0; }
  uint64_t add() { return ++count_; }

 private:
  std::atomic<uint64_t> count_{0};
};

class Lease;

class SharedDatabase {
 public:
  // Opens the RocksDB, for reading only unless `view` is 0; throws DatabaseError.
  SharedDatabase(std::string path, uint32_t view, bool createIfMissing, const Settings& settings);
  ~SharedDatabase() = default;
  SharedDatabase(const SharedDatabase&) = delete;
  SharedDatabase& operator=(const SharedDatabase&) = delete;

  // Closes the RocksDB and gives up its lock. The object must not be used for anything else afterwards.
  void closeNow();

  rocksdb::DB& db() { return *db_; }
  const std::string& path() const { return path_; }
  bool readOnly() const { return readOnly_; }
  // Which of the databases of this path it is, in the registry.
  uint32_t view() const { return view_; }
  const Settings& settings() const { return settings_; }
  rocksdb::Statistics* statistics() { return statistics_.get(); }
  Health& health() { return *health_; }

  std::unique_ptr<rocksdb::Iterator> iterate(const rocksdb::ReadOptions& options);

  // Throws ROCKSDB_READ_ONLY or ROCKSDB_POISONED.
  void assertWritable() const;
  // Writes a batch and minds the poison latch; throws DatabaseError.
  void write(rocksdb::WriteBatch& batch, bool sync);
  void throwIfWriteFailed(const rocksdb::Status& status);

  // A range deletion was written. Every one in the memtable makes the next read after it dearer (a millisecond at some
  // thousands), so the memtable is flushed, in the background, when it has memtableMaxRangeDeletions of them.
  void countRangeDeletion();

  // Serialises the read-modify-write of trim floors.
  std::mutex& floors() { return floors_; }
  Drops& drops() { return drops_; }

  bool claim(const std::string& name, const Lease* owner);
  bool releaseClaim(const std::string& name, const Lease* owner);
  void releaseClaims(const Lease* owner);

  // Stops manual compactions under way.
  std::atomic<bool>& cancelled() { return cancelled_; }

 private:
  const std::string path_;
  const uint32_t view_;
  const bool readOnly_;
  const Settings settings_;
  std::shared_ptr<rocksdb::Statistics> statistics_;
  std::shared_ptr<Health> health_ = std::make_shared<Health>();
  std::shared_ptr<RangeDeletions> rangeDeletions_ = std::make_shared<RangeDeletions>();
  std::unique_ptr<rocksdb::DB> db_;
  std::mutex floors_;
  Drops drops_;
  std::mutex claimsMutex_;
  std::map<std::string, const Lease*> claims_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace shale

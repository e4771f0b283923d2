// How fast may be written: no faster than flushes make room in memory, and passes in level 0. So a writer waits a little with
// each write, in place of for long once, when RocksDB stops all writes because its memtables are full.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "database/options.h"

namespace shale {

class WritePace : public rocksdb::EventListener {
 public:
  explicit WritePace(const Settings& settings);

  const char* Name() const override { return "shale.writePace"; }
  void OnMemTableSealed(const rocksdb::MemTableInfo& info) override;
  void OnFlushBegin(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;
  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override;

  // So many bytes are about to be written: waits until it is their turn.
  void await(uint64_t bytes);
  // Bytes written so far.
  uint64_t written() const { return written_; }

  // Level 0 has so many files now; 0 where passes do not empty it.
  void level0Has(uint64_t files);
  // It is about to be closed: what it has counted is kept.
  void ends(rocksdb::DB& db);
  // RocksDB is closed: nobody waits any more.
  void forget();

  // Why writes have waited since the process opened the database, as JSON: each cause with { count, ms }. `db` is
  // that of this moment.
  std::string json(rocksdb::DB& db) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Waits {
    uint64_t count = 0;
    Clock::duration time{};
  };

  // All of these need the mutex. Bytes that may be written a second: infinite where nothing bounds it.
  double memoryRate(Clock::time_point now) const;
  double level0Rate() const;
  void letGo();

  const double memtable_;
  // With so many memtables waiting RocksDB would hold writes up by itself.
  const double most_;
  const uint64_t slowdown_;
  const uint64_t stop_;

  std::atomic<uint64_t> written_{0};
  // Whether anything may bound the rate: looked at without the mutex.
  std::atomic<bool> flushing_{false};
  std::atomic<uint64_t> level0_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Counts what may let those go that wait.
  uint64_t epoch_ = 0;
  Clock::time_point nextTurn_;
  // Full memtables that are not in a file yet, and bytes that were written when the last one was sealed.
  double waiting_ = 0;
  uint64_t sealedAt_ = 0;
  // Of the last flush: whether no other ran when it began, when that was, what had been written up to its last memtable, and
  // how much of it is its own.
  bool isAlone_ = false;
  Clock::time_point flushBegan_;
  uint64_t flushedUpTo_ = 0;
  uint64_t flushBytes_ = 0;
  // Bytes that flushes have written a second lately; 0: not known.
  double flushSpeed_ = 0;
  Waits memory_;
  Waits level0Waits_;
  // The time is that of openings that have ended.
  Waits stopped_;
};

}  // namespace shale

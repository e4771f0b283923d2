// Compaction made for logs: passes over level 0, on a thread of its own.
//
// Each flush leaves a file in level 0 that has a part of every table. To merge them costs as much as to write them, and a log
// gains nothing by it until something is read or trimmed. So RocksDB compacts nothing by itself. A pass takes many such
// files at once, and leaves files in the order of the tables below level 0: once it has, an entry was written three times,
// to RocksDB's log, by a flush and by a pass. Passes come when hardly anything is written, when there are too many files to
// open and to look into, or when the disk gets so full that a pass over all of level 0 would soon find no room: below it,
// whole files can be dropped for trims, which takes none.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/background_priority.h"
#include "database/compaction_turns.h"
#include "database/health.h"
#include "database/options.h"
#include "database/unreadable_files.h"
#include "database/write_pace.h"

namespace shale {

class Passes : public rocksdb::EventListener {
 public:
  // Is told of the files that a pass has made. Of compactions of this kind RocksDB tells no listener.
  using Made = std::function<void(const std::vector<std::string>& paths)>;

  Passes(std::string directory, const Settings& settings, std::shared_ptr<UnreadableFiles> unreadableFiles,
         std::shared_ptr<Health> health, std::shared_ptr<WritePace> pace, Made made);

  const char* Name() const override { return "shale.passes"; }
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;
  void OnTableFileCreationStarted(const rocksdb::TableFileCreationBriefInfo& info) override;

  // RocksDB has been opened: until detach(), passes may be made.
  void attach(rocksdb::DB& db);
  // Ends a pass under way, and waits for its end.
  void detach();

  CompactionTurns& turns() { return turns_; }

 private:
  void run();
  // Whether a pass is due, after waiting for that; false: it has to end.
  bool awaitDue(std::unique_lock<std::mutex>& lock);
  // What is in memory goes with a pass that nobody waits for: the next opening has nothing to replay.
  void flushWhenQuiet();
  // False if there was none to be made, or it failed.
  bool pass();
  // Between two of the files that a pass makes: leaves processor and disk to the flushes, for as long as much is written and
  // nobody waits for the pass.
  void rest();
  // Looks at level 0; the thread is there once there is something for it to do.
  void count(rocksdb::DB& db);
  // Whether level 0 has too few files for a pass, whatever is written.
  bool isTooLittle() const;
  bool isOff() const { return trigger_ == 0 || unreadableFiles_->metDamage() || health_->stopped(); }

  const std::string directory_;
  const uint64_t fileSize_;
  const uint64_t spaceReserve_;
  // Of files in level 0; both 0 where RocksDB compacts in a way of its own.
  uint64_t trigger_ = 0;
  // So many are enough when hardly anything is written.
  uint64_t whenQuiet_ = 0;
  uint64_t slowdown_ = 0;
  const std::shared_ptr<UnreadableFiles> unreadableFiles_;
  const std::shared_ptr<Health> health_;
  const std::shared_ptr<WritePace> pace_;
  const Made made_;
  const BackgroundPriority priority_;
  CompactionTurns turns_;

  std::atomic<uint64_t> level0_{0};
  // Whether the disk has less room than level 0 takes.
  std::atomic<bool> tight_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  rocksdb::DB* db_ = nullptr;
  std::thread thread_;
  bool ending_ = false;
  uint64_t flushes_ = 0;

  // Of the thread of a pass under way alone: since when it has worked, and what had been written by then.
  std::chrono::steady_clock::time_point workBegan_;
  uint64_t writtenBefore_ = 0;
};

}  // namespace shale

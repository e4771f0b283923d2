// Passes and the compactions that are asked for, kept apart. RocksDB (7.8) does not see that what it is asked to compact by
// its files and what it compacts by a range would write to the same level.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace shale {

class CompactionTurns {
 public:
  // A compaction of a range: it waits while a pass runs, and no other begins while it lives.
  class Range {
   public:
    // Gives up waiting when `cancelled`; whoever sets that calls wake().
    Range(CompactionTurns& turns, const std::atomic<bool>& cancelled) : turns_(turns) {
      std::unique_lock<std::mutex> lock(turns_.mutex_);
      turns_.ranges_++;
      turns_.changed_.wait(lock, [&] { return !turns_.passing_ || cancelled; });
      has_ = !turns_.passing_;
    }
    ~Range() {
      const std::lock_guard<std::mutex> lock(turns_.mutex_);
      turns_.ranges_--;
    }
    Range(const Range&) = delete;
    Range& operator=(const Range&) = delete;

    // False if it has given up.
    bool has() const { return has_; }

   private:
    CompactionTurns& turns_;
    bool has_ = false;
  };

  // False while others are under way or wait.
  bool beginPass() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ranges_ > 0) return false;
    passing_ = true;
    return true;
  }
  void endPass() {
    const std::lock_guard<std::mutex> lock(mutex_);
    passing_ = false;
    changed_.notify_all();
  }

  // Whether a compaction of a range waits for the pass, or goes on.
  bool areAwaited() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return ranges_ > 0;
  }

  void wake() {
    const std::lock_guard<std::mutex> lock(mutex_);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int ranges_ = 0;
  bool passing_ = false;
};

}  // namespace shale

// Which tables were dropped lately. After a drop a table may begin anew in the very range it had before, so whoever
// works on a table over several calls (a read, giving back the space of a trim) has to know whether one happened.
#pragma once

#include <rocksdb/slice.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <string>

namespace shale {

class Drops {
 public:
  // Held exclusively while a table is dropped and noted, shared while something is removed because no drop happened.
  std::shared_mutex& gate() { return gate_; }

  // Drops noted so far.
  uint64_t count() const { return count_.load(std::memory_order_acquire); }

  // The keys of a table that has been dropped: where it begins, and its metadata record.
  void note(const rocksdb::Slice& lower, const rocksdb::Slice& metaKey) {
    std::lock_guard<std::mutex> lock(mutex_);
    latest_.push_back({lower.ToString(), metaKey.ToString()});
    if (latest_.size() > kMost) latest_.pop_front();
    count_.fetch_add(1, std::memory_order_release);
  }

  // Whether a table with either of its keys like `key` was dropped after `count` was what count() said. When there
  // were more drops since than are kept here, it may have been: then the answer is yes.
  bool since(uint64_t count, const rocksdb::Slice& key) const {
    if (count >= this->count()) return false;
    std::lock_guard<std::mutex> lock(mutex_);
    const uint64_t later = this->count() - count;
    if (later > latest_.size()) return true;
    for (auto drop = latest_.end() - static_cast<std::ptrdiff_t>(later); drop != latest_.end(); ++drop) {
      if (key == drop->lower || key == drop->metaKey) return true;
    }
    return false;
  }

 private:
  struct Drop {
    std::string lower;
    std::string metaKey;
  };

  static constexpr size_t kMost = 4096;

  std::shared_mutex gate_;
  mutable std::mutex mutex_;
  std::deque<Drop> latest_;
  std::atomic<uint64_t> count_{0};
};

}  // namespace shale

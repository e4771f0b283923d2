// Which tables were dropped. After a drop, a table may begin again in the range it had before, so work on a table that
// takes several calls must know whether one happened. A read watches its table, and is told exactly. A reclaim asks for
// recent drops, where a "maybe" does no harm.
#pragma once

#include <rocksdb/slice.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace shale {

class DropHistory {
 public:
  // Held exclusively while a table is dropped and noted, shared while something is removed because no drop happened.
  std::shared_mutex& mutex() { return dropMutex_; }

  // Waits for the drop that is being written: while this is held, every drop that can be seen has been noted.
  std::shared_lock<std::shared_mutex> settled() { return std::shared_lock<std::shared_mutex>(dropMutex_); }

  // Drops noted so far.
  uint64_t count() const { return count_.load(std::memory_order_acquire); }

  // The keys of a table that has been dropped: where it begins, and its metadata record.
  void note(const rocksdb::Slice& lower, const rocksdb::Slice& metaKey) {
    std::lock_guard<std::mutex> lock(mutex_);
    latest_.push_back({lower.ToString(), metaKey.ToString()});
    if (latest_.size() > kMost) latest_.pop_front();
    count_.fetch_add(1, std::memory_order_release);
    const auto watching = watchesOf_.equal_range(lower.ToString());
    for (auto watch = watching.first; watch != watching.second; ++watch) watches_.at(watch->second).dropped = true;
  }

  // Begins to watch the table that begins at `lower`. Ends by unwatch(), or by unwatchAll() of its owner.
  uint64_t watch(const rocksdb::Slice& lower, const void* owner) {
    std::lock_guard<std::mutex> lock(mutex_);
    const uint64_t token = ++lastWatch_;
    watchesOf_.emplace(lower.ToString(), token);
    watches_.emplace(token, Watch{lower.ToString(), owner, false});
    return token;
  }

  void unwatch(uint64_t token) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto watch = watches_.find(token);
    if (watch != watches_.end()) end(watch);
  }

  void unwatchAll(const void* owner) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto watch = watches_.begin(); watch != watches_.end();) {
      watch = watch->second.owner == owner ? end(watch) : std::next(watch);
    }
  }

  // Forgets the drops that a watch has seen so far. False if there is no such watch.
  bool watchAnew(uint64_t token) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto watch = watches_.find(token);
    if (watch == watches_.end()) return false;
    watch->second.dropped = false;
    return true;
  }

  // Whether the watched table was dropped since the watch began, or was restarted. Nothing if there is no such watch.
  std::optional<bool> dropped(uint64_t token) const {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto watch = watches_.find(token);
    if (watch == watches_.end()) return std::nullopt;
    return watch->second.dropped;
  }

  size_t watches() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return watches_.size();
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

  struct Watch {
    std::string lower;
    const void* owner;
    bool dropped;
  };
  using Watches = std::unordered_map<uint64_t, Watch>;

  static constexpr size_t kMost = 4096;

  Watches::iterator end(Watches::iterator watch) {
    const auto same = watchesOf_.equal_range(watch->second.lower);
    for (auto one = same.first; one != same.second; ++one) {
      if (one->second != watch->first) continue;
      watchesOf_.erase(one);
      break;
    }
    return watches_.erase(watch);
  }

  std::shared_mutex dropMutex_;
  mutable std::mutex mutex_;
  std::deque<Drop> latest_;
  Watches watches_;
  std::unordered_multimap<std::string, uint64_t> watchesOf_;  // by where the table begins
  uint64_t lastWatch_ = 0;
  std::atomic<uint64_t> count_{0};
};

}  // namespace shale

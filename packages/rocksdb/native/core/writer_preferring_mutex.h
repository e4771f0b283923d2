// A shared mutex that prefers writers: a stream of overlapping readers cannot starve one. Not recursive, not even for
// readers.
#pragma once

#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace shale {

class WriterPreferringMutex {
 public:
  void lock_shared() {
    if (wanted_.load(std::memory_order_acquire)) std::lock_guard<std::mutex> wait(turn_);
    mutex_.lock_shared();
  }
  bool try_lock_shared() { return !wanted_.load(std::memory_order_acquire) && mutex_.try_lock_shared(); }
  void unlock_shared() { mutex_.unlock_shared(); }

  void lock() {
    turn_.lock();
    wanted_.store(true, std::memory_order_release);
    mutex_.lock();
  }
  void unlock() {
    mutex_.unlock();
    wanted_.store(false, std::memory_order_release);
    turn_.unlock();
  }

 private:
  std::atomic<bool> wanted_{false};
  std::mutex turn_;
  std::shared_mutex mutex_;
};

}  // namespace shale

// A shared mutex at which whoever wants it for himself comes next: a stream of sharers that overlap cannot keep him out.
// No thread may share it twice at a time.
#pragma once

#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace shale {

class Gate {
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

// Memory of JavaScript that other threads write into. An environment that ends takes its memory with it, so its end waits
// for them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace shale {

class BufferUse {
 public:
  // For as long as one thread uses a buffer of the environment.
  class Hold {
   public:
    explicit Hold(BufferUse& use) : use_(use), held_(use.begin()) {}
    ~Hold() {
      if (held_) use_.end();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    // False when the environment is ending: its buffers must not be touched.
    explicit operator bool() const { return held_; }

   private:
    BufferUse& use_;
    const bool held_;
  };

  // Whoever uses a buffer ends soon when this says yes.
  bool closed() const { return closed_.load(std::memory_order_relaxed); }

  // Returns when no thread uses a buffer of the environment, and none can begin to.
  void close() {
    std::unique_lock<std::mutex> lock(mutex_);
    closed_ = true;
    idle_.wait(lock, [this] { return users_ == 0; });
  }

 private:
  bool begin() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return false;
    users_++;
    return true;
  }

  void end() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--users_ == 0) idle_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable idle_;
  size_t users_ = 0;
  std::atomic<bool> closed_{false};
};

}  // namespace shale

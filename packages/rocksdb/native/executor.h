// Threads of the addon's own for everything that may take long. libuv's pool is not used: it has four threads that
// the whole application shares, and Node waits for them when a worker is terminated.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace shale {

class Executor {
 public:
  // Lives as long as the process; never destroyed.
  static Executor& instance();

  // Jobs start in the order of submission. A job must not throw. Once the process is exiting, jobs are dropped.
  void submit(std::function<void()> job);

  // Drops what has not started and waits for what has. For the end of the process only.
  void drain();

 private:
  Executor() = default;
  void work();

  static constexpr size_t kMaxThreads = 64;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<std::function<void()>> queue_;
  size_t threads_ = 0;
  size_t waiting_ = 0;
  size_t running_ = 0;
  bool draining_ = false;
};

}  // namespace shale

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
  // For opens, closes, syncs and flushes, and for what may take minutes, so that the latter cannot hold up the former.
  // All live as long as the process; never destroyed.
  static Executor& brief();
  static Executor& lengthy();
  // For reads, which then wait for nothing but reads: one thread for each processor, within bounds.
  static Executor& reads();

  // Jobs start in the order of submission. A job must not throw. Once the process is exiting, jobs are dropped.
  void submit(std::function<void()> job);

  // Drops what has not started, on all of them, then waits for what has. For the end of the process only.
  static void drainAll();

 private:
  explicit Executor(size_t maxThreads) : maxThreads_(maxThreads) {}
  void work();
  void stop();
  void waitForRunning();

  const size_t maxThreads_;

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

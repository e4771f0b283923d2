#include "core/executor.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace shale {

Executor& Executor::brief() {
  static Executor* executor = new Executor(64);
  return *executor;
}

Executor& Executor::lengthy() {
  static Executor* executor = new Executor(16);
  return *executor;
}

Executor& Executor::reads() {
  static Executor* executor = new Executor(std::clamp(std::thread::hardware_concurrency(), 2u, 8u));
  return *executor;
}

void Executor::submit(std::function<void()> job) {
  std::function<void()> dropped;  // destroyed after the lock is released: it may own references
  std::unique_lock<std::mutex> lock(mutex_);
  if (draining_) {
    dropped = std::move(job);
    lock.unlock();
    return;
  }
  queue_.push_back(std::move(job));
  if (queue_.size() <= waiting_ || threads_ >= maxThreads_) {
    wake_.notify_one();
    return;
  }
  try {
    std::thread(&Executor::work, this).detach();
    threads_++;
  } catch (...) {
    // The system gives no more threads. Those that run will come to this job; without any, it fails here.
    if (threads_ == 0) {
      dropped = std::move(queue_.back());
      queue_.pop_back();
      lock.unlock();
      throw;
    }
  }
}

void Executor::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (queue_.empty()) {
      waiting_++;
      const bool woken = wake_.wait_for(lock, std::chrono::seconds(10), [this] { return !queue_.empty(); });
      waiting_--;
      if (!woken) {
        threads_--;
        return;
      }
    }
    std::function<void()> job = std::move(queue_.front());
    queue_.pop_front();
    running_++;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    running_--;
    if (running_ == 0) idle_.notify_all();
  }
}

void Executor::stop() {
  std::deque<std::function<void()>> dropped;  // destroyed after the lock is released: it may own references
  std::lock_guard<std::mutex> lock(mutex_);
  draining_ = true;
  dropped.swap(queue_);
}

void Executor::waitForRunning() {
  std::unique_lock<std::mutex> lock(mutex_);
  idle_.wait(lock, [this] { return running_ == 0; });
}

void Executor::drainAll() {
  // A job under way may wait for what a dropped one holds: drop all before waiting for any.
  brief().stop();
  lengthy().stop();
  reads().stop();
  lengthy().waitForRunning();
  brief().waitForRunning();
  reads().waitForRunning();
}

}  // namespace shale

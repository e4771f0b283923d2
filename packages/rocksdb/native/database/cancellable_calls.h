// Long calls that use a database, and how to cancel them when it must be replaced.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace shale {

class CancellableCalls {
 public:
  // A call under way. `onCancel` may be called by any thread, several times, and at once.
  class Call {
   public:
    Call(CancellableCalls& calls, std::function<void()> onCancel) : calls_(calls), onCancel_(std::move(onCancel)) {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      calls_.running_.insert(this);
      if (calls_.cancellations_ > 0) cancel();
    }
    ~Call() {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      calls_.running_.erase(this);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    bool cancelled() const {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      return cancelled_;
    }

   private:
    friend class CancellableCalls;
    void cancel() {
      cancelled_ = true;
      onCancel_();
    }

    CancellableCalls& calls_;
    const std::function<void()> onCancel_;
    bool cancelled_ = false;
  };

  // Cancels those under way, and those that begin while this lives.
  class Cancellation {
   public:
    explicit Cancellation(CancellableCalls& calls) : calls_(calls) {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      calls_.cancellations_++;
      for (Call* call : calls_.running_) call->cancel();
    }
    ~Cancellation() {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      if (--calls_.cancellations_ == 0) calls_.over_.notify_all();
    }
    Cancellation(const Cancellation&) = delete;
    Cancellation& operator=(const Cancellation&) = delete;

   private:
    CancellableCalls& calls_;
  };

  // Cancels those under way, and no later ones.
  void cancelAll() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Call* call : running_) call->cancel();
  }

  // Returns when no Cancellation lives.
  void awaitEnd() {
    std::unique_lock<std::mutex> lock(mutex_);
    over_.wait(lock, [this] { return cancellations_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  std::unordered_set<Call*> running_;
  int cancellations_ = 0;
};

}  // namespace shale

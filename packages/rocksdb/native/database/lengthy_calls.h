// Calls that hold a database for long, and how to end them when somebody needs it for himself.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace shale {

class LengthyCalls {
 public:
  // A call under way. `end` may come from any thread, once or more often, and at once.
  class Running {
   public:
    Running(LengthyCalls& calls, std::function<void()> end) : calls_(calls), end_(std::move(end)) {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      calls_.running_.insert(this);
      if (calls_.endings_ > 0) finish();
    }
    ~Running() {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      calls_.running_.erase(this);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    bool ended() const {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      return ended_;
    }

   private:
    friend class LengthyCalls;
    void finish() {
      ended_ = true;
      end_();
    }

    LengthyCalls& calls_;
    const std::function<void()> end_;
    bool ended_ = false;
  };

  // Ends those under way, and those that begin while this lives.
  class Ending {
   public:
    explicit Ending(LengthyCalls& calls) : calls_(calls) {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      calls_.endings_++;
      for (Running* running : calls_.running_) running->finish();
    }
    ~Ending() {
      const std::lock_guard<std::mutex> lock(calls_.mutex_);
      calls_.endings_--;
    }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;

   private:
    LengthyCalls& calls_;
  };

 private:
  std::mutex mutex_;
  std::unordered_set<Running*> running_;
  int endings_ = 0;
};

}  // namespace shale

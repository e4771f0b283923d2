// Names that one lease of a database holds exclusively, in the whole process.
#pragma once

#include <iterator>
#include <map>
#include <mutex>
#include <string>

namespace shale {

class Lease;

class Claims {
 public:
  // False if the name is taken.
  bool claim(const std::string& name, const Lease* owner) {
    std::lock_guard<std::mutex> lock(mutex_);
    return claims_.emplace(name, owner).second;
  }

  // False if the owner has not claimed it.
  bool release(const std::string& name, const Lease* owner) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = claims_.find(name);
    if (found == claims_.end() || found->second != owner) return false;
    claims_.erase(found);
    return true;
  }

  void releaseAll(const Lease* owner) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = claims_.begin(); it != claims_.end();) it = it->second == owner ? claims_.erase(it) : std::next(it);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, const Lease*> claims_;
};

}  // namespace shale

#include "database/kept_scans.h"

#include <algorithm>
#include <utility>

namespace shale {

void KeptScans::OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) { clear(); }

void KeptScans::OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) { clear(); }

std::unique_ptr<KeptScans::Scan> KeptScans::take(uint64_t name, const std::string& lower, const std::string& upper) {
  std::unique_ptr<Scan> scan;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& one) { return one->name == name; });
    if (found == kept_.end()) return nullptr;
    scan = std::move(*found);
    kept_.erase(found);
    files_ -= scan->files;
  }
  const bool isThere = scan->iterator->Valid() && scan->after < lower && scan->iterator->key().compare(lower) >= 0;
  if (!isThere || scan->upper > upper || scan->state.removals != removals_) return nullptr;
  return scan;
}

void KeptScans::keep(std::unique_ptr<Scan> scan) {
  forget(scan->name);
  // What goes is destroyed without the mutex.
  std::vector<std::unique_ptr<Scan>> goes;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (scan->state.replacements != replacements_) {
    goes.push_back(std::move(scan));
    return;
  }
  files_ += scan->files;
  kept_.push_back(std::move(scan));
  while (kept_.size() > kMost || (files_ > mostFiles_ && kept_.size() > 1)) {
    files_ -= kept_.front()->files;
    goes.push_back(std::move(kept_.front()));
    kept_.erase(kept_.begin());
  }
}

// Who calls these may have no DatabaseGuard. So what goes is destroyed before the mutex is released: RocksDB is not closed
// before clear() has had it.
void KeptScans::forget(uint64_t name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(kept_.begin(), kept_.end(), [name](const auto& one) { return one->name == name; });
  if (found == kept_.end()) return;
  files_ -= (*found)->files;
  kept_.erase(found);
}

void KeptScans::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  replacements_++;
  kept_.clear();
  files_ = 0;
}

}  // namespace shale

#include "database/pass_plan.h"

#include <algorithm>

namespace shale {

namespace {

using Levels = std::vector<rocksdb::LevelMetaData>;

// More are not merged at once: each is read by an iterator of its own.
constexpr size_t kMostFiles = 256;

// A level that is so much smaller than what comes is no reason to stop above it.
constexpr uint64_t kNegligible = 8;

// Keys from the smallest to the largest, both included.
class Span {
 public:
  void add(const rocksdb::SstFileMetaData& file) {
    if (empty_ || file.smallestkey < smallest_) smallest_ = file.smallestkey;
    if (empty_ || file.largestkey > largest_) largest_ = file.largestkey;
    empty_ = false;
  }
  bool overlaps(const rocksdb::SstFileMetaData& file) const {
    return file.smallestkey <= largest_ && file.largestkey >= smallest_;
  }

 private:
  bool empty_ = true;
  std::string smallest_;
  std::string largest_;
};

// The levels below level 0 that have nothing in them, down to the first that has.
size_t emptyLevels(const Levels& levels) {
  size_t count = 0;
  while (count + 1 < levels.size() && levels[count + 1].files.empty()) count++;
  return count;
}

// Takes the oldest files.
PassPlan planOf(const Levels& levels, size_t count) {
  PassPlan plan;
  Span span;
  const auto& level0 = levels[0].files;
  for (size_t i = level0.size() - count; i < level0.size(); i++) {
    plan.files.push_back(level0[i].name);
    plan.bytes += level0[i].size;
    span.add(level0[i]);
  }
  for (size_t level = 1; level < levels.size(); level++) {
    Span wider = span;
    uint64_t below = 0;
    for (const rocksdb::SstFileMetaData& file : levels[level].files) {
      if (!span.overlaps(file)) continue;
      below += file.size;
      wider.add(file);
    }
    // Level 1 has to be taken, and what lies in it makes the pass one that merges.
    const uint64_t most = levels[1].files.empty() ? plan.bytes / kNegligible : plan.bytes;
    if (level > 1 && below > most) break;
    plan.bytes += below;
    plan.level = static_cast<int>(level);
    span = wider;
  }
  return plan;
}

}  // namespace

PassPlan planPass(const rocksdb::ColumnFamilyMetaData& metadata, uint64_t room) {
  const Levels& levels = metadata.levels;
  if (levels.size() < 2) return {};
  for (const rocksdb::LevelMetaData& level : levels) {
    for (const rocksdb::SstFileMetaData& file : level.files) {
      if (file.being_compacted) return {};
    }
  }
  const size_t all = levels[0].files.size();
  const size_t places = std::max<size_t>(1, emptyLevels(levels));
  size_t count = std::min({all, kMostFiles, std::max(kPassFiles, (all + places - 1) / places)});
  for (; count > 0; count /= 2) {
    PassPlan plan = planOf(levels, count);
    if (plan.bytes <= room) return plan;
  }
  return {};
}

}  // namespace shale

// Iterators of reads that go on, kept from one chunk to the next. RocksDB looks for a key in every file of level 0, so that
// where there are a hundred of them a seek costs as much as the chunk behind it; and reading ahead begins anew with each iterator.
//
// They are kept no longer than until memtables or files are replaced, and so hold nothing that would be freed without them.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/bytes.h"

namespace shale {

class KeptScans : public rocksdb::EventListener {
 public:
  // What the database is like, so far as it matters to who goes on: looked at before an iterator is made.
  struct State {
    uint64_t replacements;
    uint64_t removals;
  };

  // An iterator, and the range that it is bounded by.
  struct Scan {
    Scan(uint64_t name, std::string from, std::string to, State state, uint64_t files)
        : name(name), lower(std::move(from)), upper(std::move(to)), state(state), files(files) {}
    Scan(const Scan&) = delete;
    Scan& operator=(const Scan&) = delete;

    const uint64_t name;
    const std::string lower;
    const std::string upper;
    const State state;
    // That it has opened: it holds a block of each.
    const uint64_t files;
    const KeyRange range{lower, upper};
    std::unique_ptr<rocksdb::Iterator> iterator;
    // It stands at the first key behind this one.
    std::string after;
  };

  // `mostFiles` that all together may hold blocks of; the one that was kept last stays in any case.
  explicit KeptScans(uint64_t mostFiles) : mostFiles_(mostFiles) {}

  const char* Name() const override { return "shale.keptScans"; }
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override;

  State state() const { return {replacements_, removals_}; }
  // For who has a DatabaseGuard, as keep(). The one of this name, if it stands where a range from `lower` on begins, goes no
  // further than `upper`, and nothing has been removed since; else null.
  std::unique_ptr<Scan> take(uint64_t name, const std::string& lower, const std::string& upper);
  void keep(std::unique_ptr<Scan> scan);
  // Whose name it is does not go on.
  void forget(uint64_t name);
  // Files have been or are about to be replaced.
  void clear();
  // Something has been removed.
  void removed() { removals_++; }

 private:
  static constexpr size_t kMost = 16;

  const uint64_t mostFiles_;
  std::atomic<uint64_t> replacements_{0};
  std::atomic<uint64_t> removals_{0};
  std::mutex mutex_;
  // The one kept last at the end.
  std::vector<std::unique_ptr<Scan>> kept_;
  // Of those.
  uint64_t files_ = 0;
};

}  // namespace shale

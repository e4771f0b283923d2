// When the memtable being filled is flushed for the sake of the range deletions in it.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <cstdint>

namespace shale {

// How many range deletions the memtable being filled holds.
class RangeDeletions : public rocksdb::EventListener {
 public:
  const char* Name() const override { return "shale.rangeDeletions"; }
  void OnMemTableSealed(const rocksdb::MemTableInfo&) override { count_ = 0; }
  // Returns how many there are now.
  uint64_t add(uint64_t count) { return count_ += count; }

 private:
  std::atomic<uint64_t> count_{0};
};

// Whether a memtable with so many range deletions, `limit` or more, is flushed now. Not behind one that is being
// written to disk: RocksDB makes writes wait while all of its memtables are. And with each file that level 0 has beyond
// `compactionTrigger` it takes more of them, since writes are slowed down when passes do not keep up.
bool flushIsDue(rocksdb::DB& db, uint64_t rangeDeletions, uint64_t limit, int compactionTrigger);

}  // namespace shale

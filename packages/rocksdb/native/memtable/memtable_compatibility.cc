#include "memtable/memtable_compatibility.h"

#include <rocksdb/memtablerep.h>
#include <rocksdb/version.h>

#include <cstddef>
#include <memory>
#include <string>

#include "memtable/memtable_memory.h"
#include "memtable/memtable_record.h"

namespace shale {

namespace {

constexpr bool kKnownVersion = ROCKSDB_MAJOR >= 7 && ROCKSDB_MAJOR <= 10;

// Has the virtual functions of RocksDB's Allocator, in their order. RocksDB gets it for an Allocator and for an Arena;
// all that it should do with either is to ask for memory, through the table of virtual functions at its beginning.
class ProbeAllocator {
 public:
  virtual ~ProbeAllocator() = default;
  virtual char* Allocate(size_t bytes) {
    plain_++;
    return take(bytes);
  }
  // Later versions pass a fourth argument, the alignment.
  virtual char* AllocateAligned(size_t bytes, size_t, void*) {
    aligned_++;
    return take(bytes);
  }
  virtual size_t BlockSize() const { return sizeof(memory_); }
  // If there are more of them than there were, a call must not run off the end of the table.
  virtual char* unknown0(size_t) { return nullptr; }
  virtual char* unknown1(size_t) { return nullptr; }

  int plain() const { return plain_; }
  int aligned() const { return aligned_; }
  bool holds(const void* address) const {
    const char* at = static_cast<const char*>(address);
    return at >= memory_ && at < memory_ + used_;
  }

 private:
  char* take(size_t bytes) {
    const size_t rounded = (bytes + 15) / 16 * 16;
    if (rounded > sizeof(memory_) - used_) return nullptr;
    used_ += rounded;
    return memory_ + used_ - rounded;
  }

  int plain_ = 0;
  int aligned_ = 0;
  size_t used_ = 0;
  alignas(16) char memory_[8192] = {};
};

class ProbeComparator final : public rocksdb::MemTableRep::KeyComparator {
 public:
  int operator()(const char* a, const char* b) const override {
    return compareInternalKeys(internalKeyOf(a), internalKeyOf(b));
  }
  int operator()(const char* record, const rocksdb::Slice& key) const override {
    return compareInternalKeys(internalKeyOf(record), key);
  }
};

bool arenaIsAllocator() {
  // On the heap, and first to go: the skip list must be gone before its memory.
  const auto memory = std::make_unique<ProbeAllocator>();
  const auto arena = std::make_unique<ProbeAllocator>();
  const ProbeComparator comparator;
  rocksdb::SkipListFactory skipLists;
  const std::unique_ptr<rocksdb::MemTableRep> skipList(skipLists.CreateMemTableRep(
      comparator, reinterpret_cast<rocksdb::Allocator*>(memory.get()), nullptr, nullptr));
  if (skipList == nullptr || memory->aligned() == 0) return false;

  rocksdb::MemTableRep::Iterator* iterator =
      skipList->GetIterator(reinterpret_cast<rocksdb::Arena*>(arena.get()));
  if (!arena->holds(iterator) || arena->aligned() != 1) return false;
  iterator->SeekToFirst();
  const bool empty = !iterator->Valid();
  iterator->~Iterator();

  MemtableMemory door(reinterpret_cast<rocksdb::Arena*>(arena.get()));
  return empty && arena->holds(door.allocate(64)) && arena->plain() == 1;
}

}  // namespace

bool knowsThisRocksDB() {
  if (!kKnownVersion) return false;
  const std::string compiled = std::to_string(ROCKSDB_MAJOR) + "." + std::to_string(ROCKSDB_MINOR);
  return rocksdb::GetRocksVersionAsString(false) == compiled && arenaIsAllocator();
}

}  // namespace shale

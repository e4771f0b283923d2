// Memory of a memtable or of an iterator, from the allocator that RocksDB hands in: that is what it counts against
// writeBufferSize and frees in one go.
#pragma once

#include <rocksdb/memtablerep.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace shale {

// RocksDB's Allocator and Arena are in no public header. This asks them for memory through the one public function that
// does, MemTableRep::Allocate, so that RocksDB's own code makes the call and nothing here depends on their layout, save
// that an Arena is an Allocator, at the same address (knowsThisRocksDB() checks it).
class MemtableMemory final : private rocksdb::MemTableRep {
 public:
  explicit MemtableMemory(rocksdb::Allocator* allocator) : MemTableRep(allocator) {}
  explicit MemtableMemory(rocksdb::Arena* arena) : MemTableRep(reinterpret_cast<rocksdb::Allocator*>(arena)) {}

  // Aligned to 8 bytes. It is never freed one by one.
  void* allocate(size_t bytes) {
    char* buffer = nullptr;
    MemTableRep::Allocate(bytes + kAlignment - 1, &buffer);
    const auto address = reinterpret_cast<uintptr_t>(buffer);
    return buffer + (-address & (kAlignment - 1));
  }

 private:
  static constexpr size_t kAlignment = 8;

  void Insert(rocksdb::KeyHandle) override {}
  bool Contains(const char*) const override { return false; }
  size_t ApproximateMemoryUsage() override { return 0; }
  Iterator* GetIterator(rocksdb::Arena*) override { return nullptr; }
};

}  // namespace shale

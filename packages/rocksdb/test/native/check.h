// What the tests of the memtable share.
#pragma once

#include <rocksdb/memtablerep.h>
#include <rocksdb/slice.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "memtable/memtable_record.h"

namespace shale::test {

// Says what went wrong and how to see it again, and ends the process.
[[noreturn]] void fail(const std::string& message);
inline void expect(bool holds, const char* message) {
  if (!holds) fail(message);
}

// splitmix64
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t below(uint64_t limit) { return next() % limit; }
  bool percent(uint64_t chance) { return below(100) < chance; }

 private:
  uint64_t state_;
};

// Stands in for RocksDB's Allocator and Arena, which are in no public header: the same virtual functions in the same
// order. Each piece is an allocation of its own, so that a sanitizer sees where it ends.
class TestAllocator {
 public:
  virtual ~TestAllocator() = default;
  virtual char* Allocate(size_t bytes) {
    bytes_ += bytes;
    pieces_.push_back(std::make_unique<char[]>(bytes));
    return pieces_.back().get();
  }
  virtual char* AllocateAligned(size_t bytes, size_t, void*) { return Allocate(bytes); }
  virtual size_t BlockSize() const { return 4096; }

  size_t bytes() const { return bytes_; }
  rocksdb::Allocator* allocator() { return reinterpret_cast<rocksdb::Allocator*>(this); }
  rocksdb::Arena* arena() { return reinterpret_cast<rocksdb::Arena*>(this); }

 private:
  size_t bytes_ = 0;
  std::vector<std::unique_ptr<char[]>> pieces_;
};

class TestComparator final : public rocksdb::MemTableRep::KeyComparator {
 public:
  int operator()(const char* a, const char* b) const override {
    return compareInternalKeys(internalKeyOf(a), internalKeyOf(b));
  }
  int operator()(const char* record, const rocksdb::Slice& key) const override {
    return compareInternalKeys(internalKeyOf(record), key);
  }
};

std::string logKey(uint64_t table, uint64_t sequence);
std::string metaKey(uint64_t table);
// A key of any length and shape but that of an entry; sometimes close to one.
std::string foreignKey(Random& random);

constexpr uint8_t kDeletion = 0;
constexpr uint8_t kValue = 1;
std::string internalKey(const std::string& userKey, uint64_t tagSequence, uint8_t type);
inline uint64_t tagSequenceOf(const rocksdb::Slice& internalKey) {
  return loadU64LE(internalKey.data() + internalKey.size() - kTagLength) >> 8;
}
std::string describe(const rocksdb::Slice& internalKey);

// Inserts a record as a MemTable does; its value follows from its key. False if the key was there already.
bool insert(rocksdb::MemTableRep& rep, const std::string& internalKey);
// Fails unless the record's value is that of its key.
void checkValue(const char* record);

// The tests. Each returns what it did, for the report.
std::string testRunHash();
std::string testRep(uint64_t seed, uint64_t operations);
std::string testRepReaders(uint64_t seed, double seconds);
std::string testDatabase(uint64_t seed, uint64_t operations, const std::string& folder);
std::string testCrash(uint64_t seed, uint64_t crashes, const std::string& folder, const std::string& program);
// The process that testCrash kills.
void writeUntilKilled(const std::string& path, uint64_t seed, uint64_t skip);

}  // namespace shale::test

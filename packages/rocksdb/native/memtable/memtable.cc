#include "memtable/memtable.h"

#include <rocksdb/slice.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/format.h"

namespace shale {

namespace {

// A record of a memtable: length of the internal key (varint32) · user key · sequence and type (8 bytes) · value.
// For a log key the length is 34, one byte.
constexpr char kLogKeyMark = static_cast<char>(kLogKeyLength + 8);

class HintedSkipList final : public rocksdb::MemTableRep {
 public:
  HintedSkipList(rocksdb::Allocator* allocator, rocksdb::MemTableRep* skipList)
      : MemTableRep(allocator), skipList_(skipList) {}

  rocksdb::KeyHandle Allocate(const size_t length, char** buffer) override {
    return skipList_->Allocate(length, buffer);
  }
  void Insert(rocksdb::KeyHandle handle) override { InsertKey(handle); }
  bool InsertKey(rocksdb::KeyHandle handle) override {
    const char* record = static_cast<const char*>(handle);
    if (record[0] != kLogKeyMark) return skipList_->InsertKey(handle);
    // The record lives as long as the memtable, so the map's keys may point into it.
    return skipList_->InsertKeyWithHint(handle, &hints_[std::string_view(record + 1, kLogKeyPrefixLength)]);
  }
  bool Contains(const char* key) const override { return skipList_->Contains(key); }
  void MarkReadOnly() override { skipList_->MarkReadOnly(); }
  void MarkFlushed() override { skipList_->MarkFlushed(); }
  void Get(const rocksdb::LookupKey& key, void* argument, bool (*callback)(void*, const char*)) override {
    skipList_->Get(key, argument, callback);
  }
  uint64_t ApproximateNumEntries(const rocksdb::Slice& start, const rocksdb::Slice& end) override {
    return skipList_->ApproximateNumEntries(start, end);
  }
  void UniqueRandomSample(const uint64_t entries, const uint64_t size,
                          std::unordered_set<const char*>* sample) override {
    skipList_->UniqueRandomSample(entries, size, sample);
  }
  size_t ApproximateMemoryUsage() override { return skipList_->ApproximateMemoryUsage(); }
  Iterator* GetIterator(rocksdb::Arena* arena) override { return skipList_->GetIterator(arena); }
  Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override {
    return skipList_->GetDynamicPrefixIterator(arena);
  }

 private:
  const std::unique_ptr<rocksdb::MemTableRep> skipList_;
  // Used by the one writer only: concurrent inserts are off.
  std::unordered_map<std::string_view, void*> hints_;
};

class HintedSkipListFactory final : public rocksdb::MemTableRepFactory {
 public:
  const char* Name() const override { return "shale.HintedSkipList"; }

  using MemTableRepFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator& comparator,
                                          rocksdb::Allocator* allocator, const rocksdb::SliceTransform* transform,
                                          rocksdb::Logger* logger) override {
    return new HintedSkipList(allocator, skipLists_.CreateMemTableRep(comparator, allocator, transform, logger));
  }
  bool CanHandleDuplicatedKey() const override { return true; }

 private:
  rocksdb::SkipListFactory skipLists_;
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> makeHintedMemtable() { return std::make_shared<HintedSkipListFactory>(); }

}  // namespace shale

#include "memtable/log_memtable.h"

#include <rocksdb/slice.h>
#include <rocksdb/version.h>

#include <algorithm>
#include <atomic>

#include "memtable/log_cursor.h"
#include "memtable/memtable_compatibility.h"
#include "memtable/memtable_memory.h"
#include "memtable/memtable_record.h"
#include "memtable/run_index.h"

namespace shale {

namespace {

// Merges the runs and the other records, in both directions. The cursor that is not current stands beyond the current
// one, in the direction of travel, or nowhere.
class LogIterator : public rocksdb::MemTableRep::Iterator {
 public:
  LogIterator(const RunDirectory& directory, const OtherRecords& others) : runs_(directory), others_(others) {}

  bool Valid() const override { return current_ != nullptr; }
  const char* key() const override { return current_; }

  void Next() override {
    if (!forwards_) turn();
    if (onRuns_) {
      runs_.next();
    } else {
      others_.next();
    }
    choose();
  }
  void Prev() override {
    if (forwards_) turn();
    if (onRuns_) {
      runs_.previous();
    } else {
      others_.previous();
    }
    choose();
  }
  void Seek(const rocksdb::Slice& internalKey, const char*) override {
    forwards_ = true;
    runs_.toFirstFrom(internalKey);
    others_.toFirstFrom(internalKey);
    choose();
  }
  void SeekForPrev(const rocksdb::Slice& internalKey, const char*) override {
    forwards_ = false;
    runs_.toLastUpTo(internalKey);
    others_.toLastUpTo(internalKey);
    choose();
  }
  void SeekToFirst() override {
    forwards_ = true;
    runs_.toFirst();
    others_.toFirst();
    choose();
  }
  void SeekToLast() override {
    forwards_ = false;
    runs_.toLast();
    others_.toLast();
    choose();
  }

 private:
  // Called for every record that is read. While no other record lies ahead, as in most scans, nothing is compared.
  void choose() {
    const char* run = runs_.record();
    const char* other = others_.record();
    onRuns_ = other == nullptr || (run != nullptr && runComesFirst(run, other));
    current_ = onRuns_ ? run : other;
  }
  bool runComesFirst(const char* run, const char* other) const {
    return (compareInternalKeys(internalKeyOf(run), internalKeyOf(other)) < 0) == forwards_;
  }
  // The cursor that is not current goes to the other side of the current record.
  void turn() {
    forwards_ = !forwards_;
    const rocksdb::Slice key = internalKeyOf(current_);
    if (onRuns_) {
      forwards_ ? others_.toFirstFrom(key) : others_.toLastUpTo(key);
    } else {
      forwards_ ? runs_.toFirstFrom(key) : runs_.toLastUpTo(key);
    }
  }

  RunCursor runs_;
  OtherCursor others_;
  const char* current_ = nullptr;
  bool forwards_ = true;
  bool onRuns_ = true;
};

// Looks a key up. RocksDB's LookupKey is in no public header; MemTableRep::Get knows it and asks for an iterator. In
// some versions it never deletes that, in others it may: this one lives on the caller's stack and its memory stays when
// it is deleted.
class LogLookup final : private rocksdb::MemTableRep {
 public:
  LogLookup(const RunDirectory& directory, const OtherRecords& others)
      : MemTableRep(nullptr), iterator_(new (memory_) Borrowed(directory, others)) {}

  void run(const rocksdb::LookupKey& key, void* argument, bool (*callback)(void*, const char*)) {
    MemTableRep::Get(key, argument, callback);
  }

 private:
  class Borrowed final : public LogIterator {
   public:
    using LogIterator::LogIterator;
    static void* operator new(size_t, void* memory) { return memory; }
    static void operator delete(void*) {}
    static void operator delete(void*, void*) {}
  };

  Iterator* GetDynamicPrefixIterator(rocksdb::Arena*) override { return iterator_; }
  Iterator* GetIterator(rocksdb::Arena*) override { return iterator_; }
  void Insert(rocksdb::KeyHandle) override {}
  bool Contains(const char*) const override { return false; }
  size_t ApproximateMemoryUsage() override { return 0; }

  alignas(Borrowed) unsigned char memory_[sizeof(Borrowed)];
  Iterator* const iterator_;
};

class LogMemtable final : public rocksdb::MemTableRep {
 public:
  explicit LogMemtable(rocksdb::Allocator* allocator)
      : MemTableRep(allocator), memory_(allocator), directory_(memory_), others_(memory_) {}

  void Insert(rocksdb::KeyHandle handle) override { InsertKey(handle); }

  bool InsertKey(rocksdb::KeyHandle handle) override {
    const char* record = static_cast<const char*>(handle);
    // Appends of a batch go to one table, so most inserts find their run here: two comparisons and a store.
    if (record[0] != kLogRecordMark) return insertOther(record);
    if (lastRun_ == nullptr || !lastRun_->holdsPrefixOf(record)) {
      const uint32_t hash = RunIndex::hashOf(record);
      LogRun* run = index_.find(record, hash);
      if (run == nullptr) {
        addRun(record, hash);
        return true;
      }
      lastRun_ = run;
    }
    if (!lastRun_->mayPush(record)) return insertOther(record);
    lastRun_->push(memory_, record);
    return true;
  }

  bool Contains(const char* record) const override {
    const rocksdb::Slice key = internalKeyOf(record);
    LogIterator iterator(directory_, others_);
    iterator.Seek(key, nullptr);
    return iterator.Valid() && compareInternalKeys(internalKeyOf(iterator.key()), key) == 0;
  }

  uint64_t ApproximateNumEntries(const rocksdb::Slice& start, const rocksdb::Slice& end) override {
    if (compareInternalKeys(start, end) >= 0) return 0;
    uint64_t count = 0;
    RunCursor from(directory_);
    RunCursor to(directory_);
    from.toFirstFrom(start);
    to.toFirstFrom(end);
    if (from.record() != nullptr) {
      count -= from.position();
      const RunDirectory::Node* node = from.node();
      for (; node != nullptr && node != to.node(); node = node->next(0)) {
        count += node->item.last()->base() + node->item.last()->size();
      }
      if (node != nullptr && to.record() != nullptr) count += to.position();
    }
    // The other records are few, or the range is small; if neither, the number of all of them is near enough.
    uint64_t others = 0;
    for (const OtherRecords::Node* node = others_.firstFrom(start);
         node != nullptr && compareInternalKeys(internalKeyOf(node->item.record()), end) < 0; node = node->next(0)) {
      if (++others == kMostCounted) return count + others_.count();
    }
    return count + others;
  }

  // What RocksDB's allocator does not know of: the index that finds the run of a prefix.
  size_t ApproximateMemoryUsage() override { return heapBytes_.load(std::memory_order_relaxed); }

  void Get(const rocksdb::LookupKey& key, void* argument, bool (*callback)(void*, const char*)) override {
    LogLookup(directory_, others_).run(key, argument, callback);
  }

  Iterator* GetIterator(rocksdb::Arena* arena) override {
    if (arena == nullptr) return new LogIterator(directory_, others_);
    return new (MemtableMemory(arena).allocate(sizeof(LogIterator))) LogIterator(directory_, others_);
  }

 private:
  static constexpr uint64_t kMostCounted = 1000;

  void addRun(const char* record, uint32_t hash) {
    lastRun_ = &directory_.insert(record, memory_, record)->item;
    index_.add(lastRun_, hash);
    heapBytes_.store(sizeof(*this) + index_.bytes(), std::memory_order_relaxed);
  }

  bool insertOther(const char* record) {
    if (Contains(record)) return false;
    others_.insert(record, record);
    return true;
  }

  MemtableMemory memory_;
  RunDirectory directory_;
  OtherRecords others_;
  // Used by the one writer only.
  LogRun* lastRun_ = nullptr;
  RunIndex index_;
  std::atomic<size_t> heapBytes_{sizeof(*this)};
};

class LogMemtableFactory final : public rocksdb::MemTableRepFactory {
 public:
  const char* Name() const override { return "shale.LogMemtable"; }

  using MemTableRepFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&, rocksdb::Allocator* allocator,
                                          const rocksdb::SliceTransform*, rocksdb::Logger*) override {
    return new LogMemtable(allocator);
  }
  bool CanHandleDuplicatedKey() const override { return true; }
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> makeLogMemtable() {
  static const bool known = knowsThisRocksDB();
  if (!known) return nullptr;
  return std::make_shared<LogMemtableFactory>();
}

}  // namespace shale

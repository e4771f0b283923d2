// The run of one table in a memtable: its records in the order they came, which is the order of their keys.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>

#include "core/format.h"
#include "memtable/memtable_memory.h"
#include "memtable/memtable_record.h"

namespace shale {

// The record of a log key begins with the length of its internal key, which is one byte.
constexpr char kLogRecordMark = static_cast<char>(kLogKeyLength + kTagLength);
inline const char* prefixOf(const char* logRecord) { return logRecord + 1; }

// A piece of a run. Only the last of a run has room left.
class RunChunk {
 public:
  static RunChunk* make(MemtableMemory& memory, RunChunk* previous, uint32_t capacity, const char* record) {
    return new (memory.allocate(sizeof(RunChunk) + capacity * sizeof(const char*)))
        RunChunk(previous, capacity, record);
  }

  RunChunk* previous() const { return previous_; }
  RunChunk* next() const { return next_.load(std::memory_order_acquire); }
  void link(RunChunk* next) { next_.store(next, std::memory_order_release); }
  // How many records of the run come before this chunk.
  uint64_t base() const { return base_; }
  uint32_t capacity() const { return capacity_; }
  // At least 1. Acquire and release: who sees a size sees that many records, whole.
  uint32_t size() const { return size_.load(std::memory_order_acquire); }
  const char* at(uint32_t position) const { return records()[position]; }

  bool push(const char* record) {
    const uint32_t size = size_.load(std::memory_order_relaxed);
    if (size == capacity_) return false;
    records()[size] = record;
    size_.store(size + 1, std::memory_order_release);
    return true;
  }

 private:
  RunChunk(RunChunk* previous, uint32_t capacity, const char* record)
      : previous_(previous), base_(previous == nullptr ? 0 : previous->base_ + previous->capacity_), capacity_(capacity) {
    records()[0] = record;
  }
  const char** records() { return reinterpret_cast<const char**>(this + 1); }
  const char* const* records() const { return reinterpret_cast<const char* const*>(this + 1); }

  RunChunk* const previous_;
  std::atomic<RunChunk*> next_{nullptr};
  const uint64_t base_;
  const uint32_t capacity_;
  std::atomic<uint32_t> size_{1};
};

class LogRun {
 public:
  // A run is never empty.
  LogRun(MemtableMemory& memory, const char* record)
      : first_(RunChunk::make(memory, nullptr, kFirstCapacity, record)), last_(first_) {
    remember(record);
  }

  // The first record: what gives the run its place among the others.
  const char* record() const { return first_->at(0); }
  const RunChunk* first() const { return first_; }
  const RunChunk* last() const { return last_.load(std::memory_order_acquire); }

  // The one writer only.
  bool holdsPrefixOf(const char* logRecord) const {
    return std::memcmp(prefixOf(record()), prefixOf(logRecord), kLogKeyPrefixLength) == 0;
  }
  // Whether the key is above all keys of the run. The last one is kept here, so that a push to one of many runs does
  // not have to fetch its last record from memory.
  bool mayPush(const char* logRecord) const {
    return std::memcmp(logRecord + kRestAt, lastRest_, sizeof(lastRest_)) > 0;
  }
  void push(MemtableMemory& memory, const char* logRecord) {
    remember(logRecord);
    RunChunk* last = last_.load(std::memory_order_relaxed);
    if (last->push(logRecord)) return;
    // Each chunk is half as large as all before it: at most a third of a run stands empty, and a run of a million
    // records is less than thirty chunks.
    const uint64_t count = last->base() + last->capacity();
    const uint32_t capacity = count / 2 < kSmallCapacity ? kSmallCapacity
                              : count / 2 > kMostCapacity ? kMostCapacity
                                                          : static_cast<uint32_t>(count / 2);
    RunChunk* chunk = RunChunk::make(memory, last, capacity, logRecord);
    last->link(chunk);
    last_.store(chunk, std::memory_order_release);
  }

 private:
  static constexpr uint32_t kFirstCapacity = 4;
  static constexpr uint32_t kSmallCapacity = 8;
  static constexpr uint32_t kMostCapacity = 1 << 24;
  // Where the sequence and the key version are, the part of the key that differs within a run.
  static constexpr size_t kRestAt = 1 + kLogKeyPrefixLength;

  void remember(const char* logRecord) { std::memcpy(lastRest_, logRecord + kRestAt, sizeof(lastRest_)); }

  RunChunk* const first_;
  std::atomic<RunChunk*> last_;
  char lastRest_[kLogKeyLength - kLogKeyPrefixLength];
};

}  // namespace shale

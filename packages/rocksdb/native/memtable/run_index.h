// Finds the run of a table in a memtable by the prefix of its keys: an open-addressing hash table with linear probing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "core/format.h"
#include "memtable/hash_seed.h"
#include "memtable/log_run.h"

namespace shale {

// A memtable may hold one entry each of a great many tables, of which none has been seen before. So a look-up that
// finds nothing touches only the hashes, four bytes a slot, and there is no memory of its own for a run. Used by the
// one writer only; it is never asked by readers, which search the ordered runs.
class RunIndex {
 public:
  RunIndex() : hashes_(new uint32_t[kLeastSlots]()), runs_(new LogRun*[kLeastSlots]) {}
  RunIndex(const RunIndex&) = delete;
  RunIndex& operator=(const RunIndex&) = delete;

  // The run that has the prefix of the record, or null. `hash` is hashOf(record).
  LogRun* find(const char* logRecord, uint32_t hash) const {
    for (size_t slot = hash & mask_; hashes_[slot] != kFree; slot = (slot + 1) & mask_) {
      if (hashes_[slot] == hash && runs_[slot]->holdsPrefixOf(logRecord)) return runs_[slot];
    }
    return nullptr;
  }

  // Adds a run that is not found yet.
  void add(LogRun* run, uint32_t hash) {
    if ((count_ + 1) * 8 > slots() * 5) grow();
    place(run, hash);
    count_++;
  }

  // Bytes that it takes.
  size_t bytes() const { return slots() * (sizeof(uint32_t) + sizeof(LogRun*)); }

  // Of the prefix of a record of a log key. Spreads tables, but for eight whose ids follow each other: they are often
  // written after each other, and have slots beside each other then, and upper bits that differ.
  static uint32_t hashOf(const char* logRecord) {
    const char* prefix = prefixOf(logRecord);
    const uint64_t table = loadU64BE(prefix + 9);
    uint64_t mixed = loadU64BE(prefix + 1) ^ uint64_t{static_cast<uint8_t>(prefix[0])} << 56;
    mixed = (mixed ^ kHashSeed) * 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 32) ^ (table >> kNearBits)) * 0xff51afd7ed558ccd;
    mixed = (mixed ^ (mixed >> 32)) * 0xc4ceb9fe1a85ec53;
    const auto near = static_cast<uint32_t>(table & ((1 << kNearBits) - 1));
    const uint32_t hash = static_cast<uint32_t>(mixed >> 32) ^ near ^ near << (32 - kNearBits);
    return hash == kFree ? 1 : hash;
  }

 private:
  static constexpr size_t kLeastSlots = 64;
  static constexpr uint32_t kFree = 0;
  static constexpr int kNearBits = 3;
  static_assert(kLogKeyPrefixLength == 1 + 2 * sizeof(uint64_t));

  size_t slots() const { return mask_ + 1; }

  void place(LogRun* run, uint32_t hash) {
    size_t slot = hash & mask_;
    while (hashes_[slot] != kFree) slot = (slot + 1) & mask_;
    hashes_[slot] = hash;
    runs_[slot] = run;
  }

  void grow() {
    const size_t before = slots();
    std::unique_ptr<uint32_t[]> hashes(new uint32_t[before * 2]());
    std::unique_ptr<LogRun*[]> runs(new LogRun*[before * 2]);
    hashes_.swap(hashes);
    runs_.swap(runs);
    mask_ = before * 2 - 1;
    for (size_t slot = 0; slot < before; slot++) {
      if (hashes[slot] != kFree) place(runs[slot], hashes[slot]);
    }
  }

  std::unique_ptr<uint32_t[]> hashes_;
  std::unique_ptr<LogRun*[]> runs_;
  size_t mask_ = kLeastSlots - 1;
  size_t count_ = 0;
};

}  // namespace shale

#include "database/chunk_scan.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "core/format.h"

namespace shale {

namespace {

// Why a record is not an entry, or null if it is one.
const char* foreignReason(const rocksdb::Slice& key, const rocksdb::Slice& value) {
  if (key.size() != kLogKeyLength) return "keyLength";
  if (key[kLogKeyVersionAt] != static_cast<char>(kVersion)) return "keyVersion";
  if (value.size() < 1) return "valueLength";
  if (value[0] != static_cast<char>(kVersion)) return "valueVersion";
  return nullptr;
}

// Fills a buffer: values from the front as they come; the ends and the runs wait beside it, for where they go is
// known only when the last value is in.
class ChunkWriter {
 public:
  ChunkWriter(Bytes into, bool descending)
      : into_(Bytes{into.data, std::min<size_t>(into.size, std::numeric_limits<uint32_t>::max())}),
        descending_(descending) {}

  size_t entries() const { return ends_.size(); }
  size_t runs() const { return runs_.size() / kRunStride; }
  size_t dataLength() const { return dataLength_; }
  size_t endsAt() const { return alignUp8(dataLength_); }
  size_t runsAt() const { return alignUp8(endsAt() + ends_.size() * 4); }

  // False, and the size that it takes to hold this too, if there is no room.
  bool add(const rocksdb::Slice& key, const rocksdb::Slice& value, size_t* needed) {
    const uint64_t sequence = loadU64BE(key.data() + kLogKeyPrefixLength);
    // Keys come in order, so a run cannot wrap around: after the last sequence of a table comes another table.
    const bool joins = !ends_.empty() && sequence == next_ && std::memcmp(prefix_, key.data(), kLogKeyPrefixLength) == 0;
    *needed = alignUp8(alignUp8(dataLength_ + value.size()) + (ends_.size() + 1) * 4) + runs_.size() +
              (joins ? 0 : kRunStride);
    if (*needed > into_.size) return false;

    std::memcpy(into_.data + dataLength_, value.data(), value.size());
    dataLength_ += value.size();
    ends_.push_back(static_cast<uint32_t>(dataLength_));
    if (joins) {
      uint8_t* count = &runs_[runs_.size() - kRunStride + kRunCountAt];
      storeU32LE(count, loadU32LE(count) + 1);
    } else {
      beginRun(key.data(), sequence);
    }
    next_ = descending_ ? sequence - 1 : sequence + 1;
    return true;
  }

  std::string last() const {
    char key[kLogKeyLength];
    std::memcpy(key, prefix_, kLogKeyPrefixLength);
    storeU64BE(key + kLogKeyPrefixLength, descending_ ? next_ + 1 : next_ - 1);
    key[kLogKeyVersionAt] = static_cast<char>(kVersion);
    return std::string(key, sizeof(key));
  }

  void finish() {
    std::memset(into_.data + dataLength_, 0, endsAt() - dataLength_);
    uint8_t* at = into_.data + endsAt();
    for (const uint32_t end : ends_) {
      storeU32LE(at, end);
      at += 4;
    }
    uint8_t* const runs = into_.data + runsAt();
    while (at < runs) *at++ = 0;
    if (!runs_.empty()) std::memcpy(runs, runs_.data(), runs_.size());
  }

 private:
  void beginRun(const char* key, uint64_t sequence) {
    std::memcpy(prefix_, key, kLogKeyPrefixLength);
    runs_.resize(runs_.size() + kRunStride);
    uint8_t* run = &runs_[runs_.size() - kRunStride];
    std::memcpy(run, key, kLogKeyPrefixLength);
    run[kRunVersionAt] = kVersion;
    run[kRunFlagsAt] = descending_ ? kRunDescending : 0;
    run[kRunReservedAt] = 0;
    storeU32LE(run + kRunCountAt, 1);
    storeU64LE(run + kRunFirstAt, sequence);
  }

  const Bytes into_;
  const bool descending_;
  size_t dataLength_ = 0;
  std::vector<uint32_t> ends_;
  std::vector<uint8_t> runs_;
  char prefix_[kLogKeyPrefixLength] = {};
  uint64_t next_ = 0;
};

}  // namespace

Chunk scanInto(rocksdb::Iterator& iterator, Bytes into, ChunkLimits limits, const std::function<bool()>& stop) {
  ChunkWriter writer(into, limits.reverse);
  Chunk chunk;
  if (limits.goesOn) {
    // It is there.
  } else if (limits.reverse) {
    iterator.SeekToLast();
  } else {
    iterator.SeekToFirst();
  }
  while (iterator.Valid()) {
    const rocksdb::Slice key = iterator.key();
    const rocksdb::Slice value = iterator.value();
    if (const char* reason = foreignReason(key, value)) {
      chunk.more = true;
      chunk.foreign = ForeignRecord{reason, key.ToString(), std::string(value.data(), std::min<size_t>(value.size(), 32))};
      break;
    }
    size_t needed = 0;
    if (writer.entries() == limits.maxEntries || (stop != nullptr && stop()) || !writer.add(key, value, &needed)) {
      chunk.more = true;
      if (writer.entries() == 0) chunk.neededBytes = needed;
      break;
    }
    if (limits.reverse) {
      iterator.Prev();
    } else {
      iterator.Next();
    }
  }
  if (writer.entries() > 0) {
    writer.finish();
    chunk.last = writer.last();
  }
  chunk.entries = writer.entries();
  chunk.runs = writer.runs();
  chunk.dataLength = writer.dataLength();
  chunk.endsAt = writer.endsAt();
  chunk.runsAt = writer.runsAt();
  return chunk;
}

}  // namespace shale

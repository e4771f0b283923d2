// scan and ends: the hot way out. Each call makes an iterator and closes it again, so that none can outlive anything.
#include <rocksdb/iterator.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calls/beside_damage.h"
#include "calls/calls.h"
#include "core/format.h"
#include "napi/entry.h"

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

// scan(handle, lower, upper, into, reverse, maxEntries, snapshot, fillCache, verifyChecksums): ScanResult
napi_value scan(const Arguments& arguments) {
  const napi_env env = arguments.env();
  const DatabaseGuard guard(arguments.lease(0).database());
  const bool reverse = arguments.boolean(4, "reverse");
  const size_t maxEntries = arguments.integer(5, "maxEntries", 1, std::numeric_limits<uint32_t>::max());
  rocksdb::ReadOptions options = arguments.readOptions(6, guard);
  options.fill_cache = arguments.boolean(7, "fillCache");
  options.verify_checksums = arguments.boolean(8, "verifyChecksums");
  const KeyRange range = keyRange(arguments, 1);
  ChunkWriter chunk(arguments.target(3, "into"), reverse);

  bool more = false;
  size_t neededBytes = 0;
  const char* foreign = nullptr;
  std::string foreignKey;
  std::string foreignHead;
  {
    const auto iterator = guard.iterate(range, options);
    if (reverse) {
      iterator->SeekToLast();
    } else {
      iterator->SeekToFirst();
    }
    while (iterator->Valid()) {
      const rocksdb::Slice key = iterator->key();
      const rocksdb::Slice value = iterator->value();
      foreign = foreignReason(key, value);
      if (foreign != nullptr) {
        more = true;
        foreignKey = key.ToString();
        foreignHead.assign(value.data(), std::min<size_t>(value.size(), 32));
        break;
      }
      size_t needed = 0;
      if (chunk.entries() == maxEntries || !chunk.add(key, value, &needed)) {
        more = true;
        if (chunk.entries() == 0) neededBytes = needed;
        break;
      }
      if (reverse) {
        iterator->Prev();
      } else {
        iterator->Next();
      }
    }
    if (guard.endsEarly(*iterator, chunk.entries() > 0)) more = true;
  }
  if (chunk.entries() > 0) chunk.finish();

  napi_value result = makeObject(env);
  setNumber(env, result, "entries", chunk.entries());
  setNumber(env, result, "runs", chunk.runs());
  setNumber(env, result, "dataLength", chunk.dataLength());
  setNumber(env, result, "endsAt", chunk.endsAt());
  setNumber(env, result, "runsAt", chunk.runsAt());
  setProperty(env, result, "more", makeBoolean(env, more));
  setNumber(env, result, "neededBytes", neededBytes);
  if (foreign != nullptr) {
    napi_value described = makeObject(env);
    setProperty(env, described, "key", makeBytes(env, foreignKey.data(), foreignKey.size()));
    setProperty(env, described, "reason", makeString(env, foreign));
    setProperty(env, described, "valueHead", makeBytes(env, foreignHead.data(), foreignHead.size()));
    setProperty(env, result, "foreign", described);
  }
  return result;
}

// ends(handle, lower, upper, snapshot): { first, last }
napi_value ends(const Arguments& arguments) {
  const napi_env env = arguments.env();
  const DatabaseGuard guard(arguments.lease(0).database());
  const rocksdb::ReadOptions options = arguments.readOptions(3, guard);
  const KeyRange range = keyRange(arguments, 1);

  std::optional<std::string> first;
  std::optional<std::string> last;
  {
    const auto iterator = guard.iterate(range, options);
    iterator->SeekToLast();
    if (iterator->Valid()) {
      last = iterator->key().ToString();
      iterator->SeekToFirst();
      if (iterator->Valid()) first = iterator->key().ToString();
    }
    throwIfFailed(iterator->status(), guard.path());
  }

  napi_value result = makeObject(env);
  setBytes(env, result, "first", first);
  setBytes(env, result, "last", last);
  return result;
}

}  // namespace

void exportScan(napi_env env, napi_value exports) {
  exportFunction<besideDamage<scan>>(env, exports, "scan");
  exportFunction<besideDamage<ends>>(env, exports, "ends");
}

}  // namespace shale

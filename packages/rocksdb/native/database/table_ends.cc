#include "database/table_ends.h"

#include <rocksdb/iterator.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "core/format.h"
#include "core/table_keys.h"

namespace shale {

namespace {

// Tables whose ids are so near to each other share an iterator, which then passes over what lies between them: that
// must not be much, since what was trimmed there may be long.
constexpr uint64_t kNear = 64;
constexpr size_t kRegionEnd = 9;

using Order = std::vector<uint32_t>;

// The tables that were asked for, and what has been found of each.
class Asked {
 public:
  Asked(Bytes tables, Bytes into) : tables_(tables), into_(into) {}

  uint32_t count() const { return static_cast<uint32_t>(tables_.size / kLogKeyPrefixLength); }
  const uint8_t* prefix(uint32_t table) const { return tables_.data + table * kLogKeyPrefixLength; }
  uint64_t id(uint32_t table) const { return loadU64BE(prefix(table) + kRegionEnd); }

  void nothing() { std::memset(into_.data, 0, count() * kTableEndsStride); }
  void noEntries(uint32_t table) { raise(table, kTableEndsEntriesKnown); }
  void entries(uint32_t table, uint64_t first, uint64_t last) {
    storeU64LE(at(table) + 8, first);
    storeU64LE(at(table) + 16, last);
    raise(table, kTableEndsEntriesKnown | kTableEndsHasEntries);
  }
  void floor(uint32_t table, uint64_t floor) {
    storeU64LE(at(table) + 24, floor);
    raise(table, kTableEndsFloorKnown);
  }

 private:
  uint8_t* at(uint32_t table) const { return into_.data + table * kTableEndsStride; }
  void raise(uint32_t table, uint8_t flags) { *at(table) |= flags; }

  const Bytes tables_;
  const Bytes into_;
};

// An iterator over a few tables' keys, which are asked for in order: it moves only when what it stands at lies before
// them.
class ForwardIterator {
 public:
  ForwardIterator(const DatabaseGuard& guard, const KeyRange& range, const rocksdb::ReadOptions& options)
      : iterator_(guard.iterate(range, options)) {}

  // Whether there is a key from `key` on; it stands there then. Without one, see failed().
  bool find(const rocksdb::Slice& key) {
    if (!isPlaced_ || (iterator_->Valid() && iterator_->key().compare(key) < 0)) iterator_->Seek(key);
    isPlaced_ = true;
    return iterator_->Valid();
  }
  // The same for the last key below `key`, backwards.
  bool findLastBelow(const rocksdb::Slice& key) {
    isPlaced_ = false;
    iterator_->SeekForPrev(key);
    if (iterator_->Valid() && iterator_->key() == key) iterator_->Prev();
    return iterator_->Valid();
  }
  rocksdb::Slice key() const { return iterator_->key(); }
  rocksdb::Slice value() const { return iterator_->value(); }
  bool failed() const { return !iterator_->status().ok(); }

 private:
  const std::unique_ptr<rocksdb::Iterator> iterator_;
  bool isPlaced_ = false;
};

bool isLogKeyOf(const rocksdb::Slice& key, const TableKeys& table) {
  return key.size() == kLogKeyLength && key[kLogKeyVersionAt] == static_cast<char>(kVersion) &&
         std::memcmp(key.data(), table.lower(), kLogKeyPrefixLength) == 0;
}

TableKeys allOf(const uint8_t* prefix) { return TableKeys(prefix, std::numeric_limits<uint64_t>::max()); }

// Tables are often asked for in order.
template <class IsBefore>
void sortIfNeeded(Order& order, IsBefore isBefore) {
  if (!std::is_sorted(order.begin(), order.end(), isBefore)) std::sort(order.begin(), order.end(), isBefore);
}

// Calls `look(begin, end)` for each stretch of the order in which every table is near to the one before it.
template <class AreNear, class Look>
void forEachStretch(const Order& order, AreNear areNear, Look look) {
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && areNear(order[end - 1], order[end])) end++;
    look(begin, end);
    begin = end;
  }
}

void findEntries(const DatabaseGuard& guard, Asked& asked, const Order& order, size_t begin, size_t end) {
  const TableKeys front = allOf(asked.prefix(order[begin]));
  const TableKeys back = allOf(asked.prefix(order[end - 1]));
  const KeyRange range{rocksdb::Slice(front.lower(), kLogKeyPrefixLength), rocksdb::Slice(back.upper(), back.upperSize())};
  ForwardIterator iterator(guard, range, rocksdb::ReadOptions());
  for (size_t i = begin; i < end; i++) {
    const TableKeys keys = allOf(asked.prefix(order[i]));
    const rocksdb::Slice above(keys.upper(), keys.upperSize());
    const bool found = iterator.find(rocksdb::Slice(keys.lower(), kLogKeyPrefixLength));
    if (iterator.failed()) return;
    if (!found || iterator.key().compare(above) >= 0) {
      asked.noEntries(order[i]);
      continue;
    }
    const bool isFirstKnown = isLogKeyOf(iterator.key(), keys);
    const uint64_t first = isFirstKnown ? loadU64BE(iterator.key().data() + kLogKeyPrefixLength) : 0;
    const bool isLastFound = iterator.findLastBelow(above);
    if (iterator.failed()) return;
    if (!isFirstKnown || !isLastFound || !isLogKeyOf(iterator.key(), keys)) continue;
    asked.entries(order[i], first, loadU64BE(iterator.key().data() + kLogKeyPrefixLength));
  }
}

void findFloors(const DatabaseGuard& guard, Asked& asked, const Order& order, size_t begin, size_t end) {
  const TableKeys front = allOf(asked.prefix(order[begin]));
  const TableKeys back = allOf(asked.prefix(order[end - 1]));
  char above[kMetaKeyLength + 1] = {};
  std::memcpy(above, back.metaKey(), kMetaKeyLength);
  const KeyRange range{rocksdb::Slice(front.metaKey(), kMetaKeyLength), rocksdb::Slice(above, sizeof(above))};
  rocksdb::ReadOptions options;
  // Floors are never removed by range.
  options.ignore_range_deletions = true;
  ForwardIterator iterator(guard, range, options);
  for (size_t i = begin; i < end; i++) {
    const TableKeys keys = allOf(asked.prefix(order[i]));
    const rocksdb::Slice key(keys.metaKey(), kMetaKeyLength);
    const bool found = iterator.find(key);
    if (iterator.failed()) return;
    if (!found || iterator.key() != key) {
      asked.floor(order[i], 0);
      continue;
    }
    const rocksdb::Slice value = iterator.value();
    if (value.size() != kMetaValueLength || value[0] != static_cast<char>(kVersion)) continue;
    asked.floor(order[i], loadU64BE(value.data() + 1));
  }
}

}  // namespace

void findTableEnds(const DatabaseGuard& guard, Bytes tables, Bytes into) {
  Asked asked(tables, into);
  asked.nothing();

  Order order(asked.count());
  for (uint32_t i = 0; i < asked.count(); i++) order[i] = i;
  const auto comparePrefixes = [&](uint32_t a, uint32_t b) {
    return std::memcmp(asked.prefix(a), asked.prefix(b), kLogKeyPrefixLength);
  };
  sortIfNeeded(order, [&](uint32_t a, uint32_t b) { return comparePrefixes(a, b) < 0; });
  forEachStretch(
      order,
      [&](uint32_t a, uint32_t b) {
        return std::memcmp(asked.prefix(a), asked.prefix(b), kRegionEnd) == 0 && asked.id(b) - asked.id(a) <= kNear;
      },
      [&](size_t begin, size_t end) { findEntries(guard, asked, order, begin, end); });

  // A metadata record has no region.
  sortIfNeeded(order, [&](uint32_t a, uint32_t b) {
    const int namespaces = int{asked.prefix(a)[0]} - int{asked.prefix(b)[0]};
    return namespaces != 0 ? namespaces < 0 : asked.id(a) < asked.id(b);
  });
  forEachStretch(
      order,
      [&](uint32_t a, uint32_t b) {
        return asked.prefix(a)[0] == asked.prefix(b)[0] && asked.id(b) - asked.id(a) <= kNear;
      },
      [&](size_t begin, size_t end) { findFloors(guard, asked, order, begin, end); });
}

}  // namespace shale

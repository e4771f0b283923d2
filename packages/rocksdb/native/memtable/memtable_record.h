// What a memtable holds, and its order. RocksDB calls the layout of a record a frozen part of its plug-in contract:
//   length of the internal key (varint32) · internal key · length of the value (varint32) · value
// An internal key is the user key and a tag of 8 bytes, little-endian: RocksDB's sequence number << 8 | type. User keys
// ascend bytewise (this binding sets no other comparator); of two with the same user key, the larger tag comes first.
#pragma once

#include <rocksdb/slice.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/format.h"

namespace shale {

constexpr size_t kTagLength = 8;

inline rocksdb::Slice internalKeyOf(const char* record) {
  // Nearly every key is shorter than 128 bytes, so that its length is one byte.
  uint32_t length = static_cast<uint8_t>(*record++);
  if (length >= 0x80) {
    length &= 0x7f;
    for (int shift = 7;; shift += 7) {
      const uint32_t byte = static_cast<uint8_t>(*record++);
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
  }
  return rocksdb::Slice(record, length);
}

// Below 0, 0, above 0, as memcmp.
inline int compareInternalKeys(const rocksdb::Slice& a, const rocksdb::Slice& b) {
  const size_t lengthA = a.size() - kTagLength;
  const size_t lengthB = b.size() - kTagLength;
  const int difference = std::memcmp(a.data(), b.data(), std::min(lengthA, lengthB));
  if (difference != 0) return difference;
  if (lengthA != lengthB) return lengthA < lengthB ? -1 : 1;
  const uint64_t tagA = loadU64LE(a.data() + lengthA);
  const uint64_t tagB = loadU64LE(b.data() + lengthB);
  return tagA == tagB ? 0 : tagA > tagB ? -1 : 1;
}

}  // namespace shale

// Bytes that a caller owns.
#pragma once

#include <rocksdb/slice.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shale {

struct Bytes {
  uint8_t* data;
  size_t size;

  rocksdb::Slice slice() const { return rocksdb::Slice(reinterpret_cast<const char*>(data), size); }
  std::string_view view() const { return {reinterpret_cast<const char*>(data), size}; }
};

// A range of keys, lower inclusive, upper exclusive.
struct KeyRange {
  rocksdb::Slice lower;
  rocksdb::Slice upper;

  bool empty() const { return lower.compare(upper) == 0; }
};

}  // namespace shale

// Walks the records of a WriteBatch as it is in a log.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace shale {

// Its header: the sequence of its first record, how many there are.
constexpr size_t kBatchHeader = 12;

struct BatchRecord {
  // Of a range deletion, key and value are where it begins and ends.
  enum class Kind { kPut, kRangeDeletion, kOther };
  Kind kind;
  std::string_view key;
  std::string_view value;
};

// Stops at what it does not know; false then.
bool readBatch(const std::string& batch, const std::function<void(const BatchRecord&)>& visit);

}  // namespace shale

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

// What a RocksDB without a merge operator, transactions and whatever else makes of a batch when it replays it.
enum class BatchShape {
  kPlain,
  kMerge,        // it cannot write a table file with these
  kTransaction,  // it leaves these to a TransactionDB
  kBlob,         // it cannot find what these are about
  kUnknown,      // there is something in it that it does not know
};

// Any bytes will do.
BatchShape shapeOf(const std::string& batch);

}  // namespace shale

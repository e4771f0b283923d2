// The keys that a table's removal needs, made of the 17 bytes that its log keys begin with. Knows neither Node nor
// RocksDB.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

#include "core/format.h"

namespace shale {

class TableKeys {
 public:
  // The range goes up to the sequence `last`, inclusive; the largest one there is means all keys of the table.
  TableKeys(const uint8_t* prefix, uint64_t last) {
    std::memcpy(lower_, prefix, kLogKeyPrefixLength);
    if (last != std::numeric_limits<uint64_t>::max()) {
      std::memcpy(upper_, prefix, kLogKeyPrefixLength);
      storeU64BE(upper_ + kLogKeyPrefixLength, last + 1);
      upper_[kLogKeyVersionAt] = static_cast<char>(kVersion);
      upperSize_ = kLogKeyLength;
    } else {
      endTable(prefix);
    }
    metaKey_[0] = static_cast<char>(prefix[0] - 1);
    metaKey_[1] = 0;
    std::memcpy(metaKey_ + 2, prefix + kTableAt, sizeof(uint64_t));
    metaKey_[kMetaKeyLength - 1] = static_cast<char>(kVersion);
  }

  // kLogKeyPrefixLength bytes.
  const char* lower() const { return lower_; }
  const char* upper() const { return upper_; }
  size_t upperSize() const { return upperSize_; }
  // kMetaKeyLength bytes.
  const char* metaKey() const { return metaKey_; }

 private:
  static constexpr size_t kTableAt = 9;

  // The smallest key above all that begin with the prefix, or, where there is none, above all keys of this format.
  void endTable(const uint8_t* prefix) {
    upperSize_ = kLogKeyPrefixLength;
    while (upperSize_ > 0 && prefix[upperSize_ - 1] == 0xff) upperSize_--;
    if (upperSize_ == 0) {
      upperSize_ = sizeof(upper_);
      std::memset(upper_, 0xff, sizeof(upper_));
      return;
    }
    std::memcpy(upper_, prefix, upperSize_);
    upper_[upperSize_ - 1] = static_cast<char>(prefix[upperSize_ - 1] + 1);
  }

  char lower_[kLogKeyPrefixLength];
  char upper_[kLogKeyLength + 1];
  size_t upperSize_ = 0;
  char metaKey_[kMetaKeyLength];
};

// The keys of the records of one type that stand beside a table, each with a number: all as long as that of a position.
class TableRecordKeys {
 public:
  TableRecordKeys(const uint8_t* prefix, char keyType) {
    lower_[0] = static_cast<char>(kNamesNamespace);
    lower_[1] = keyType;
    lower_[2] = static_cast<char>(prefix[0] >> 1);
    std::memcpy(lower_ + 3, prefix + 1, kLogKeyPrefixLength - 1);
    std::memcpy(upper_, lower_, kPositionPrefixLength);
    // Above every number, and above what another layout might put behind them.
    std::memset(upper_ + kPositionPrefixLength, 0xff, sizeof(upper_) - kPositionPrefixLength);
  }

  // What all of them begin with, kPositionPrefixLength bytes.
  const char* lower() const { return lower_; }
  const char* upper() const { return upper_; }
  static constexpr size_t upperSize() { return kPositionKeyLength; }

  // The key of one number, of kPositionKeyLength bytes; valid until the next call.
  const char* of(uint64_t number) { return make(number, kVersion); }
  // A key of as many bytes, above that of the number and below that of the next one; valid until the next call.
  const char* after(uint64_t number) { return make(number, kVersion + 1); }

 private:
  const char* make(uint64_t number, uint8_t version) {
    std::memcpy(key_, lower_, kPositionPrefixLength);
    storeU64BE(key_ + kPositionPrefixLength, number);
    key_[kPositionKeyLength - 1] = static_cast<char>(version);
    return key_;
  }

  char lower_[kPositionPrefixLength];
  char upper_[kPositionKeyLength];
  char key_[kPositionKeyLength];
};

// The keys of the positions that consumers have in a table, by the consumer.
class PositionKeys : public TableRecordKeys {
 public:
  explicit PositionKeys(const uint8_t* prefix) : TableRecordKeys(prefix, kPositionKeyType) {}
};

// The keys of the ids of a table's appends, by the first sequence.
class AppendIdKeys : public TableRecordKeys {
 public:
  explicit AppendIdKeys(const uint8_t* prefix) : TableRecordKeys(prefix, kAppendIdKeyType) {}
};

}  // namespace shale

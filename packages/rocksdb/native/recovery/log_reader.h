// Reads RocksDB's log format, which its write-ahead logs and its MANIFEST share: blocks of 32 KiB, in them fragments
// with a header (checksum u32, length u16, type u8, and in recycled files the log's number u32), which make up records.
// It goes on after damage with the next record that it can find. (RocksDB's own reader goes on with the next block, if
// at all.) Any bytes will do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/input_file.h"

namespace shale {

enum class DamageKind {
  kChecksum,   // the bytes are not those that were written
  kTruncated,  // the file ends within a record
  kLength,     // a length that leads out of its block
  kType,       // a kind of fragment that there is not
  kZeroed,     // zeros, and something after them
  kFragment,   // the beginning or the end of a record is missing
  kGap,        // sequences are missing before this record, or this file
  kRepeated,   // sequences that an earlier record has
};
const char* nameOf(DamageKind kind);

class LogReader {
 public:
  enum class Found { kRecord, kDamage, kEnd };

  // A record is kept whole for record() if `whole`, else its first bytes only.
  LogReader(const std::string& path, uint64_t logNumber, bool whole);

  Found next();

  // --- After kRecord.
  uint64_t recordStart() const { return start_; }
  uint64_t recordEnd() const { return blockAt_ + at_; }
  uint64_t recordSize() const { return recordSize_; }
  // All of it, or its first kHead bytes (fewer if it has fewer).
  const std::string& record() const { return record_; }
  static constexpr size_t kHead = 12;

  // --- After kDamage.
  DamageKind damage() const { return damage_; }
  uint64_t damageStart() const { return damageStart_; }
  uint64_t damageEnd() const { return damageEnd_; }

  // --- After kEnd.
  uint64_t fileSize() const { return fileSize_; }

  // What was met so far that this reader does not know. Such a fragment is whole, so it is not damage: another version
  // or other options of RocksDB wrote it, and what the records mean only that can tell.
  bool compressed() const { return compressed_; }
  bool unknownType() const { return unknownType_; }
  // Some blocks behind damage were not searched for records.
  bool searchedAll() const { return searches_ <= kMostSearches; }

 private:
  static constexpr size_t kBlock = 32768;
  static constexpr int kMostSearches = 32;

  bool loadBlock(uint64_t at);
  uint64_t firstNonZero(uint64_t from);
  bool goodRecordAt(size_t at) const;
  bool findRecord(size_t guess, size_t from);
  Found damaged(DamageKind kind, uint64_t start, uint64_t end);
  void append(const uint8_t* data, size_t size);
  Found end();

  const InputFile file_;
  const uint32_t logNumber_;
  const bool whole_;
  const uint64_t fileSize_;
  std::vector<uint8_t> buffer_;  // several blocks
  uint64_t bufferAt_ = 0;
  size_t buffered_ = 0;
  uint64_t blockAt_ = 0;  // where the block begins in the file
  const uint8_t* block_ = nullptr;
  size_t blockSize_ = 0;
  size_t at_ = 0;  // in the block
  bool inRecord_ = false;
  uint64_t start_ = 0;
  std::string record_;
  uint64_t recordSize_ = 0;
  DamageKind damage_ = DamageKind::kChecksum;
  uint64_t damageStart_ = 0;
  uint64_t damageEnd_ = 0;
  bool plain_ = false;  // it has had a fragment without the log's number: it was not recycled
  bool compressed_ = false;
  bool unknownType_ = false;
  int searches_ = 0;
};

}  // namespace shale

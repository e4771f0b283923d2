#include "recovery/log_reader.h"

#include <algorithm>

#include "core/crc32c.h"
#include "core/format.h"

namespace shale {

namespace {

constexpr size_t kHeader = 7;
constexpr size_t kRecyclableHeader = 11;
constexpr size_t kBlocksAtOnce = 8;

enum Type : uint8_t {
  kZero = 0,
  kFull = 1,
  kFirst = 2,
  kMiddle = 3,
  kLast = 4,
  kRecyclableFull = 5,
  kRecyclableLast = 8,
  kCompression = 9,
  kRecyclableTimestampSize = 11,
  kRecyclablePredecessor = 131,
};

bool isRecyclable(uint8_t type) {
  return (type >= kRecyclableFull && type <= kRecyclableLast) || type == kRecyclableTimestampSize ||
         type == kRecyclablePredecessor;
}

}  // namespace

const char* nameOf(DamageKind kind) {
  switch (kind) {
    case DamageKind::kChecksum: return "checksum";
    case DamageKind::kTruncated: return "truncated";
    case DamageKind::kLength: return "length";
    case DamageKind::kType: return "type";
    case DamageKind::kZeroed: return "zeroed";
    case DamageKind::kFragment: return "fragment";
    case DamageKind::kGap: return "gap";
    case DamageKind::kRepeated: return "repeated";
  }
  return "checksum";
}

LogReader::LogReader(const std::string& path, uint64_t logNumber, bool whole)
    : file_(path),
      logNumber_(static_cast<uint32_t>(logNumber)),
      whole_(whole),
      // What a writer appends meanwhile is not looked at, so that every record seen ends within this size.
      fileSize_(file_.size()),
      buffer_(kBlock * kBlocksAtOnce) {
  loadBlock(0);
}

// False at the end of the file.
bool LogReader::loadBlock(uint64_t at) {
  blockAt_ = at;
  at_ = 0;
  if (at >= fileSize_) {
    blockSize_ = 0;
    return false;
  }
  if (at < bufferAt_ || at >= bufferAt_ + buffered_) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(buffer_.size(), fileSize_ - at));
    bufferAt_ = at;
    buffered_ = file_.read(at, buffer_.data(), wanted);
    if (buffered_ == 0) {
      blockSize_ = 0;
      return false;
    }
  }
  block_ = buffer_.data() + (at - bufferAt_);
  blockSize_ = std::min<size_t>(kBlock, bufferAt_ + buffered_ - at);
  return true;
}

uint64_t LogReader::firstNonZero(uint64_t from) {
  std::vector<uint8_t> piece(kBlock);
  for (uint64_t at = from; at < fileSize_;) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(piece.size(), fileSize_ - at));
    const size_t got = file_.read(at, piece.data(), wanted);
    if (got == 0) break;
    const auto found = std::find_if(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got),
                                    [](uint8_t byte) { return byte != 0; });
    if (found != piece.begin() + static_cast<std::ptrdiff_t>(got)) {
      return at + static_cast<uint64_t>(found - piece.begin());
    }
    at += got;
  }
  return fileSize_;
}

// Whether a record, or the first part of one, begins here in the block.
bool LogReader::goodRecordAt(size_t at) const {
  if (at > blockSize_ || blockSize_ - at < kHeader) return false;
  const uint8_t* header = block_ + at;
  const uint8_t type = header[6];
  const bool recyclable = type == kRecyclableFull || type == kRecyclableFull + 1;
  if (type != kFull && type != kFirst && !recyclable) return false;
  const size_t headerSize = recyclable ? kRecyclableHeader : kHeader;
  const size_t length = static_cast<size_t>(header[4]) | static_cast<size_t>(header[5]) << 8;
  if (length < kHead || headerSize + length > blockSize_ - at) return false;
  if (recyclable && loadU32LE(header + kHeader) != logNumber_) return false;
  return unmaskCrc(loadU32LE(header)) == crc32c(header + 6, headerSize - 6 + length);
}

// Looks for a record in the rest of the block: where the damaged one would end, else anywhere. That costs up to a tenth
// of a second a block, so it has a limit.
bool LogReader::findRecord(size_t guess, size_t from) {
  if (goodRecordAt(guess)) {
    at_ = guess;
    return true;
  }
  if (searches_++ >= kMostSearches) return false;
  for (size_t at = from; at + kHeader + kHead <= blockSize_; at++) {
    if (!goodRecordAt(at)) continue;
    at_ = at;
    return true;
  }
  return false;
}

LogReader::Found LogReader::damaged(DamageKind kind, uint64_t start, uint64_t end) {
  damage_ = kind;
  damageStart_ = inRecord_ ? start_ : start;
  damageEnd_ = end;
  inRecord_ = false;
  return Found::kDamage;
}

void LogReader::append(const uint8_t* data, size_t size) {
  recordSize_ += size;
  const size_t room = whole_ ? size : std::min(size, kHead - std::min(kHead, record_.size()));
  record_.append(reinterpret_cast<const char*>(data), room);
}

LogReader::Found LogReader::end() {
  if (inRecord_) {
    loadBlock(fileSize_);
    return damaged(DamageKind::kTruncated, start_, fileSize_);
  }
  loadBlock(fileSize_);
  return Found::kEnd;
}

LogReader::Found LogReader::next() {
  for (;;) {
    if (blockSize_ == 0) return end();
    const size_t left = blockSize_ - at_;
    const uint64_t here = blockAt_ + at_;
    const bool lastBlock = blockSize_ < kBlock || blockAt_ + blockSize_ >= fileSize_;
    const auto toNextBlock = [&] { loadBlock(blockAt_ + kBlock); };
    const auto endsHere = [&](size_t header) {
      // Too little for a header: filler at the end of a block, unless the file ends in the middle of one.
      if (left >= header) return false;
      return blockSize_ < kBlock && left > 0;
    };
    if (left < kHeader) {
      if (endsHere(kHeader)) {
        const uint64_t stop = blockAt_ + blockSize_;
        loadBlock(fileSize_);
        return damaged(DamageKind::kTruncated, here, stop);
      }
      toNextBlock();
      continue;
    }

    const uint8_t* header = block_ + at_;
    const size_t length = static_cast<size_t>(header[4]) | static_cast<size_t>(header[5]) << 8;
    const uint8_t type = header[6];
    const bool recyclable = isRecyclable(type);
    const size_t headerSize = recyclable ? kRecyclableHeader : kHeader;
    if (left < headerSize) {
      if (endsHere(headerSize)) {
        const uint64_t stop = blockAt_ + blockSize_;
        loadBlock(fileSize_);
        return damaged(DamageKind::kTruncated, here, stop);
      }
      toNextBlock();
      continue;
    }
    // What a recycled file holds of its former life comes after its end. A file that was not recycled has none, and
    // where records of this life follow it was not the end: then it is damage that looks like one.
    if (recyclable && loadU32LE(header + kHeader) != logNumber_) {
      const bool whole = headerSize + length <= left &&
                         unmaskCrc(loadU32LE(header)) == crc32c(header + 6, headerSize - 6 + length);
      if (whole && !plain_) return end();
      if (findRecord(at_ + headerSize + length, at_ + 1)) return damaged(DamageKind::kChecksum, here, blockAt_ + at_);
      if (!plain_) return end();
      const uint64_t stop = blockAt_ + blockSize_;
      toNextBlock();
      return damaged(DamageKind::kChecksum, here, stop);
    }
    if (headerSize + length > left) {
      if (findRecord(blockSize_, at_ + 1)) return damaged(DamageKind::kLength, here, blockAt_ + at_);
      const uint64_t stop = blockAt_ + blockSize_;
      toNextBlock();
      return damaged(lastBlock ? DamageKind::kTruncated : DamageKind::kLength, here, stop);
    }
    if (type == kZero && length == 0) {
      const uint64_t something = firstNonZero(here);
      if (something >= fileSize_) return end();
      // RocksDB steps over the block without a word.
      if (something < blockAt_ + blockSize_ &&
          findRecord(blockSize_, at_ + 1)) {
        return damaged(DamageKind::kZeroed, here, blockAt_ + at_);
      }
      const uint64_t resume = std::max(blockAt_ + kBlock, something / kBlock * kBlock);
      loadBlock(resume);
      return damaged(DamageKind::kZeroed, here, std::min(resume, fileSize_));
    }
    if (unmaskCrc(loadU32LE(header)) != crc32c(header + 6, headerSize - 6 + length)) {
      if (findRecord(at_ + headerSize + length, at_ + 1)) return damaged(DamageKind::kChecksum, here, blockAt_ + at_);
      const uint64_t stop = blockAt_ + blockSize_;
      toNextBlock();
      return damaged(DamageKind::kChecksum, here, stop);
    }

    plain_ = plain_ || (type >= kFull && type <= kLast);
    const uint8_t part = recyclable && type <= kRecyclableLast ? type - (kRecyclableFull - kFull) : type;
    const uint8_t* data = header + headerSize;
    const uint64_t after = here + headerSize + length;
    switch (part) {
      case kFull:
      case kFirst:
        // The record before it has no end. This one is read at the next call.
        if (inRecord_) return damaged(DamageKind::kFragment, start_, here);
        record_.clear();
        recordSize_ = 0;
        start_ = here;
        append(data, length);
        at_ += headerSize + length;
        if (part == kFull) return Found::kRecord;
        inRecord_ = true;
        break;
      case kMiddle:
      case kLast:
        at_ += headerSize + length;
        if (!inRecord_) return damaged(DamageKind::kFragment, here, after);
        append(data, length);
        if (part == kMiddle) break;
        inRecord_ = false;
        return Found::kRecord;
      default:
        at_ += headerSize + length;
        // Room that was taken ahead, with something in it: no RocksDB writes that.
        if (type == kZero) return damaged(DamageKind::kType, here, after);
        if (type == kCompression) compressed_ = true;
        else unknownType_ = true;
        break;
    }
  }
}

}  // namespace shale

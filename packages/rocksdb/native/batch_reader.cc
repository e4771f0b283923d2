#include "batch_reader.h"

namespace shale {

namespace {

class Cursor {
 public:
  Cursor(const std::string& bytes, size_t at) : bytes_(bytes), at_(at) {}

  bool more() const { return !failed_ && at_ < bytes_.size(); }
  bool failed() const { return failed_; }
  uint8_t tag() { return static_cast<uint8_t>(bytes_[at_++]); }

  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift <= 63 && at_ < bytes_.size(); shift += 7) {
      const uint8_t byte = static_cast<uint8_t>(bytes_[at_++]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }

  std::string_view slice() {
    const uint64_t size = number();
    if (failed_ || size > bytes_.size() - at_) {
      failed_ = true;
      return {};
    }
    const std::string_view result(bytes_.data() + at_, static_cast<size_t>(size));
    at_ += static_cast<size_t>(size);
    return result;
  }

 private:
  const std::string& bytes_;
  size_t at_;
  bool failed_ = false;
};

}  // namespace

void readBatch(const std::string& batch, const std::function<void(const BatchRecord&)>& visit) {
  if (batch.size() < kBatchHeader) return;
  Cursor cursor(batch, kBatchHeader);
  while (cursor.more()) {
    BatchRecord record{BatchRecord::Kind::kOther, {}, {}};
    switch (cursor.tag()) {
      case 0x05:  // put into a column family
        if (cursor.number() != 0) {
          cursor.slice();
          cursor.slice();
          continue;
        }
        [[fallthrough]];
      case 0x01:  // put
        record.kind = BatchRecord::Kind::kPut;
        record.key = cursor.slice();
        record.value = cursor.slice();
        break;
      case 0x04:  // deletions
      case 0x08: cursor.number(); [[fallthrough]];
      case 0x00:
      case 0x07: record.key = cursor.slice(); break;
      case 0x06:  // merges, range deletions
      case 0x0e: cursor.number(); [[fallthrough]];
      case 0x02:
      case 0x0f:
        record.key = cursor.slice();
        record.value = cursor.slice();
        break;
      case 0x03: cursor.slice(); continue;  // a note
      case 0x0d: continue;                  // nothing
      default: return;
    }
    if (cursor.failed()) return;
    visit(record);
  }
}

}  // namespace shale

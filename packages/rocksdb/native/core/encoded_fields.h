// Reads RocksDB's varints and length-prefixed strings one after the other. Any bytes are
// safe: a field that does not fit is the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shale {

class EncodedFields {
 public:
  // `bytes` must outlive this, and the slices.
  explicit EncodedFields(const std::string& bytes, size_t at = 0) : bytes_(bytes), at_(at) {}

  bool more() const { return !failed_ && at_ < bytes_.size(); }
  bool failed() const { return failed_; }

  // Only while there is more().
  uint8_t byte() { return static_cast<uint8_t>(bytes_[at_++]); }

  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift <= 63 && at_ < bytes_.size(); shift += 7) {
      const uint8_t next = byte();
      value |= static_cast<uint64_t>(next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }

  // Appends the next `size` bytes to `out`; false if there are not so many.
  bool bytes(uint64_t size, std::string* out) {
    if (failed_ || size > bytes_.size() - at_) {
      failed_ = true;
      return false;
    }
    out->append(bytes_, at_, static_cast<size_t>(size));
    at_ += static_cast<size_t>(size);
    return true;
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

// Appends a number as EncodedFields reads it.
inline void appendNumber(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

// Appends a string with its length before it.
inline void appendSlice(std::string_view slice, std::string* out) {
  appendNumber(slice.size(), out);
  out->append(slice);
}

}  // namespace shale

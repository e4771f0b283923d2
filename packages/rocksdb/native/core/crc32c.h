// The checksum of RocksDB's log records and of our watermark.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shale {

// CRC-32C (Castagnoli), by the processor's own instruction where it has one, of what has this checksum followed by the
// data. The checksum of nothing is 0.
uint32_t extendCrc32c(uint32_t crc, const void* data, size_t size);

inline uint32_t crc32c(const void* data, size_t size) { return extendCrc32c(0, data, size); }

// RocksDB stores checksums masked, so that the checksum of bytes that hold checksums stays strong.
inline uint32_t maskCrc(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }
inline uint32_t unmaskCrc(uint32_t masked) {
  const uint32_t turned = masked - 0xa282ead8u;
  return turned >> 17 | turned << 15;
}

}  // namespace shale

// RocksDB's checksum, by the processor's instructions where it has them. RocksDB decides that when it is compiled, and a
// binary for every x86-64 must not. So its file is compiled twice, in two namespaces: once for any processor, once for those
// with SSE 4.2 and PCLMUL; this one stands in for it.
#include <cstddef>
#include <cstdint>
#include <string>

namespace rocksdb_any {
namespace crc32c {
uint32_t Extend(uint32_t crc, const char* data, size_t size);
uint32_t Crc32cCombine(uint32_t first, uint32_t second, size_t secondSize);
}  // namespace crc32c
}  // namespace rocksdb_any

namespace rocksdb_sse42 {
namespace crc32c {
uint32_t Extend(uint32_t crc, const char* data, size_t size);
}  // namespace crc32c
}  // namespace rocksdb_sse42

namespace rocksdb {
namespace crc32c {

namespace {
bool hasInstructions() {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
  return has;
}
}  // namespace

uint32_t Extend(uint32_t crc, const char* data, size_t size) {
  return hasInstructions() ? rocksdb_sse42::crc32c::Extend(crc, data, size)
                           : rocksdb_any::crc32c::Extend(crc, data, size);
}

uint32_t Crc32cCombine(uint32_t first, uint32_t second, size_t secondSize) {
  return rocksdb_any::crc32c::Crc32cCombine(first, second, secondSize);
}

std::string IsFastCrc32Supported() { return hasInstructions() ? "Supported on x86" : "Not supported on x86"; }

}  // namespace crc32c
}  // namespace rocksdb

#include "core/crc32c.h"

#include <array>
#include <cstring>

#include "core/format.h"

#if defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#elif defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace shale {

namespace {

constexpr std::array<uint32_t, 256> makeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? value >> 1 ^ 0x82f63b78u : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kTable = makeTable();

uint32_t byTable(uint32_t crc, const uint8_t* at, size_t size) {
  for (; size > 0; at++, size--) crc = crc >> 8 ^ kTable[(crc ^ *at) & 0xff];
  return crc;
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define SHALE_CRC_INSTRUCTION 1
__attribute__((target("sse4.2"))) uint32_t byInstruction(uint32_t crc, const uint8_t* at, size_t size) {
  uint64_t wide = crc;
  for (; size >= 8; at += 8, size -= 8) wide = __builtin_ia32_crc32di(wide, loadU64LE(at));
  uint32_t narrow = static_cast<uint32_t>(wide);
  for (; size > 0; at++, size--) narrow = __builtin_ia32_crc32qi(narrow, *at);
  return narrow;
}
bool hasInstruction() {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0;
  return has;
}
#elif defined(__ARM_FEATURE_CRC32) || (defined(__aarch64__) && defined(__linux__))
#define SHALE_CRC_INSTRUCTION 1
#if defined(__ARM_FEATURE_CRC32)
bool hasInstruction() { return true; }
#else
__attribute__((target("+crc")))
#endif
uint32_t byInstruction(uint32_t crc, const uint8_t* at, size_t size) {
  for (; size >= 8; at += 8, size -= 8) crc = __crc32cd(crc, loadU64LE(at));
  for (; size > 0; at++, size--) crc = __crc32cb(crc, *at);
  return crc;
}
#if !defined(__ARM_FEATURE_CRC32)
// Optional in the first ARMv8 processors, and known to the kernel alone.
bool hasInstruction() {
  static const bool has = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
  return has;
}
#endif
#endif

}  // namespace

uint32_t extendCrc32c(uint32_t crc, const void* data, size_t size) {
  const uint8_t* at = static_cast<const uint8_t*>(data);
#ifdef SHALE_CRC_INSTRUCTION
  if (hasInstruction()) return ~byInstruction(~crc, at, size);
#endif
  return ~byTable(~crc, at, size);
}

}  // namespace shale

// The part of the on-disk format and of the run layout that bulk calls have to know (docs: format.md, codec).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shale {

// Log key: namespace u8 · region u64 · table u64 · sequence u64 · version u8, big-endian.
constexpr size_t kLogKeyPrefixLength = 17;
constexpr size_t kLogKeyLength = 26;
constexpr size_t kLogKeyVersionAt = 25;
// Meta key: namespace u8 · key type u8 · table u64 · version u8, big-endian.
constexpr size_t kMetaKeyLength = 11;
constexpr size_t kMetaKeyTypeAt = 1;
constexpr char kFloorKeyType = 0;
// Of the records of table names. Name: namespace u8 (254) · key type u8 (3) · instance u8 · name, with the value
// version u8 · region u64 · table u64. Table: namespace · key type (4) · instance · region u64 · table u64 · version
// u8, with the value version u8 · name. Counter: namespace · key type (5) · instance · version u8, as a floor its
// value.
constexpr uint8_t kNamesNamespace = 254;
constexpr char kNameKeyType = 3;
constexpr char kTableNameKeyType = 4;
constexpr size_t kNameValueLength = 17;
// Tables with a name are the tables of region 0 from here on.
constexpr uint64_t kFirstNamedTable = uint64_t{1} << 63;
constexpr size_t kNameCounterKeyLength = 4;
constexpr char kNameCounterKeyType = 5;
// The position of a consumer: namespace u8 (254) · key type u8 (1) · instance u8 · region u64 · table u64 · consumer u64 ·
// version u8, with the value version u8 · position u64 · epoch u64 · state.
constexpr char kPositionKeyType = 1;
constexpr size_t kPositionPrefixLength = 19;
constexpr size_t kPositionKeyLength = 28;
constexpr size_t kPositionValueLeast = 17;
// The id of an append: as a position, with key type 9 and its first sequence in the place of the consumer, and the value
// version u8 · entries u32 · milliseconds u64 · id; or those of several, with version 1.
constexpr char kAppendIdKeyType = 9;
// The time mark of a table has the same key with a time in the consumer's place.
constexpr char kMarkKeyType = 2;
// Log value: version u8 · payload. Meta value: version u8 · floor u64 big-endian.
constexpr size_t kMetaValueLength = 9;
constexpr uint8_t kVersion = 0;

// A run: consecutive sequences of one table.
// prefix[17] · key version u8 · flags u8 · 0 · count u32 LE · first u64 LE (the largest if descending)
constexpr size_t kRunStride = 32;
constexpr size_t kRunVersionAt = 17;
constexpr size_t kRunFlagsAt = 18;
constexpr size_t kRunReservedAt = 19;
constexpr size_t kRunCountAt = 20;
constexpr size_t kRunFirstAt = 24;
constexpr uint8_t kRunSkip = 1;
constexpr uint8_t kRunDescending = 2;
// Removals instead of runs: everything up to `first`, or the `count` entries that end there; the floor raised to
// `first`; everything, and the floor with it.
constexpr uint8_t kRunTrim = 4;
constexpr uint32_t kRunTrimMost = 64;
constexpr uint8_t kRunFloor = 8;
constexpr uint8_t kRunDrop = 16;
// One value that is the position of the consumer `first`.
constexpr uint8_t kRunPosition = 32;
// The removal of the records of the ids of a table's appends up to the one of `first`. Count is 0.
constexpr uint8_t kRunId = 128;

// A head: prefix[17] · 0[7] · first u64 LE · last u64 LE
constexpr size_t kHeadStride = 40;
constexpr size_t kHeadFirstAt = 24;
constexpr size_t kHeadLastAt = 32;

// The ends of a table: flags u64 LE · first u64 LE · last u64 LE · floor u64 LE
constexpr size_t kTableEndsStride = 32;
constexpr uint8_t kTableEndsEntriesKnown = 1;
constexpr uint8_t kTableEndsHasEntries = 2;
constexpr uint8_t kTableEndsFloorKnown = 4;

inline size_t alignUp8(size_t value) { return (value + 7) & ~static_cast<size_t>(7); }

// Compilers turn each of these into one instruction or two.
inline uint32_t loadU32LE(const void* source) {
  const uint8_t* b = static_cast<const uint8_t*>(source);
  return static_cast<uint32_t>(b[0]) | static_cast<uint32_t>(b[1]) << 8 | static_cast<uint32_t>(b[2]) << 16 |
         static_cast<uint32_t>(b[3]) << 24;
}

inline void storeU32LE(void* target, uint32_t value) {
  uint8_t* b = static_cast<uint8_t*>(target);
  for (int i = 0; i < 4; i++) b[i] = static_cast<uint8_t>(value >> (8 * i));
}

inline uint64_t loadU64LE(const void* source) {
  const uint8_t* b = static_cast<const uint8_t*>(source);
  return static_cast<uint64_t>(loadU32LE(b)) | static_cast<uint64_t>(loadU32LE(b + 4)) << 32;
}

inline void storeU64LE(void* target, uint64_t value) {
  uint8_t* b = static_cast<uint8_t*>(target);
  for (int i = 0; i < 8; i++) b[i] = static_cast<uint8_t>(value >> (8 * i));
}

inline uint64_t loadU64BE(const void* source) {
  const uint8_t* b = static_cast<const uint8_t*>(source);
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | b[i];
  return value;
}

inline void storeU64BE(void* target, uint64_t value) {
  uint8_t* b = static_cast<uint8_t*>(target);
  for (int i = 0; i < 8; i++) b[i] = static_cast<uint8_t>(value >> (56 - 8 * i));
}

}  // namespace shale

// The fields of a record of RocksDB's manifest, each a number before its content.
#pragma once

#include <cstdint>

namespace shale {

enum ManifestTag : uint64_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFileNumber = 3,
  kLastSequence = 4,
  kCompactCursor = 5,
  kDeletedFile = 6,
  kNewFile = 7,
  kPrevLogNumber = 9,
  kMinLogNumberToKeep = 10,
  kNewFile2 = 100,
  kNewFile3 = 102,
  kNewFile4 = 103,
  kColumnFamily = 200,
  kColumnFamilyAdd = 201,
  kColumnFamilyDrop = 202,
  kMaxColumnFamily = 203,
  kInAtomicGroup = 300,
  kNewBlobFile = 400,
  kBlobGarbage = 401,
  kIgnorable = 1 << 13,
};

// More fields of a table file, behind those that each has.
enum TableFileTag : uint64_t { kEndOfFields = 1, kOldestBlobFile = 4, kPlace = 65 };

}  // namespace shale

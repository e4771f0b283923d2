// How many files level 0 has.
#pragma once

#include <rocksdb/db.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace shale {

inline uint64_t filesAtLevel0(rocksdb::DB& db) {
  std::string text;
  if (!db.GetProperty(rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &text)) return 0;
  return std::strtoull(text.c_str(), nullptr, 10);
}

}  // namespace shale

// Reads every block of a table file, to see whether it is damaged.
#pragma once

#include <cstdint>
#include <string>

namespace shale {

struct TableFileCheck {
  bool opens = false;
  // RocksDB's reason; empty when the file is whole.
  std::string message;
  uint64_t entries = 0;
  uint64_t deletions = 0;
  uint64_t rangeDeletions = 0;
};

TableFileCheck checkTableFile(const std::string& path);

}  // namespace shale

// Copies the records of a damaged log file that can be read, for RocksDB to replay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recovery/log_reader.h"

namespace shale {

struct SavedLog {
  struct Run {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  struct Damage {
    uint64_t offset = 0;
    uint64_t bytes = 0;
    DamageKind kind = DamageKind::kChecksum;
  };

  uint64_t bytes = 0;
  uint64_t records = 0;
  // RocksDB's sequences, in the order of the file.
  std::vector<Run> runs;
  // The first 64.
  std::vector<Damage> damages;
  // The file is copied as it is: it has compressed records or kinds that only RocksDB may know.
  bool compressed = false;
  // Range deletions, packed.
  std::string deletions;

  // As JSON, without the deletions.
  std::string report() const;
};

// Throws DatabaseError.
SavedLog saveLog(const std::string& source, const std::string& target, uint64_t number);

}  // namespace shale

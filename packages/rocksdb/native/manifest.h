// What RocksDB's CURRENT and MANIFEST say about its logs, read without opening the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace shale {

struct Manifest {
  // Of the file's name.
  uint64_t number = 0;
  // Logs with a smaller number are not needed: what they hold is in table files.
  uint64_t firstLog = 0;
  // RocksDB's sequence when the last edit was written.
  uint64_t lastSequence = 0;
  // The largest sequence of all table files that flushes of this manifest have added; 0 if there was none.
  uint64_t flushed = 0;
  // False: there is something in it that this reader does not know, so nothing above but the number counts.
  bool understood = true;
};

// The number of the manifest that CURRENT names; nothing if there is no CURRENT. Throws ROCKSDB_CORRUPTION when it does
// not name one.
std::optional<uint64_t> currentManifest(const std::string& directory);

// Reads it. Throws ROCKSDB_CORRUPTION, with file and offset, when it is missing, empty or damaged; an end that is torn
// off counts as not written, as it does to RocksDB.
Manifest readManifest(const std::string& directory, uint64_t number);

std::string manifestName(uint64_t number);

}  // namespace shale

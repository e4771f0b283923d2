// Lets RocksDB replay logs without consequences: it reads what Shale's own reader does not know, such as compressed
// records, and other versions of it read more.
#pragma once

#include <rocksdb/options.h>

#include <cstdint>
#include <optional>
#include <string>

#include "recovery/log_scan.h"

namespace shale {

struct LogTrial {
  uint64_t records = 0;
  uint64_t entries = 0;
  // The sequence of the last entry; nothing if there was none.
  std::optional<uint64_t> last;
  std::optional<Obstacle> obstacle;
};

// Replays all logs of a database to nowhere, and writes nothing. An end that is torn off is an end; throws
// DatabaseError with what RocksDB says of anything else that it does not understand.
LogTrial tryLogs(rocksdb::Options options, const std::string& path);

}  // namespace shale

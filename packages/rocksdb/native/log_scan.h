// Reads RocksDB's write-ahead logs before RocksDB does, and tells what it would replay, where that ends, and what
// readable records lie beyond. It never writes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "log_reader.h"

namespace shale {

struct LogDamage {
  std::string file;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  DamageKind kind = DamageKind::kChecksum;
  // RocksDB's sequence that was to come, and for a gap or a repetition the one that came.
  uint64_t expected = 0;
  uint64_t found = 0;
  // The next log goes on where this one broke off: nothing is missing.
  bool harmless = false;
};

struct LogFile {
  uint64_t number = 0;
  std::string name;
  uint64_t bytes = 0;
  // What is replayed.
  uint64_t records = 0;
  uint64_t entries = 0;
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t keptEnd = 0;
  // What can be read but lies beyond damage. Of `unused` records some have sequences that were there before.
  uint64_t unused = 0;
  uint64_t beyondRecords = 0;
  uint64_t beyondEntries = 0;
};

struct LogScan {
  std::vector<LogFile> files;
  std::vector<LogDamage> damages;  // the first ones
  uint64_t damageCount = 0;
  // The sequence up to which everything is there; nothing when no log holds a record that counts.
  std::optional<uint64_t> last;
  // Records are compressed: nothing can be said.
  bool unsupported = false;

  uint64_t unused() const;
  uint64_t beyondRecords() const;
  uint64_t beyondEntries() const;
};

// `upTo`: the first record must be the one after this sequence or an earlier one; nothing if that is not known.
LogScan scanLogs(const std::string& directory, uint64_t firstLog, std::optional<uint64_t> upTo);

// Which entries of a table were seen.
struct SeenEntries {
  uint64_t entries = 0;
  uint64_t first = 0;
  uint64_t last = 0;
};
struct SeenTable {
  SeenEntries kept;
  SeenEntries beyond;
};

struct SeenTables {
  // By the first 17 bytes of a log key: namespace, region, table.
  std::map<std::string, SeenTable> tables;
  // The floors that metadata records beyond damage set, by key.
  std::map<std::string, uint64_t> floorsBeyond;
};

// What the records of the scanned logs are about.
SeenTables seenTables(const std::string& directory, const LogScan& scan);

// The numbers and names of the log files of a directory, in order.
std::vector<LogFile> listLogs(const std::string& directory);

}  // namespace shale

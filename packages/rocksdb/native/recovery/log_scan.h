// Reads RocksDB's write-ahead logs before RocksDB does, and tells what it would replay, where that ends, and what
// readable records lie beyond. It never writes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "recovery/batch_reader.h"
#include "recovery/log_reader.h"

namespace shale {

// Who has written the logs that are needed: Shale alone, as far as its watermark tells; some other program after it, be
// it with whatever options; or unknown, without a watermark.
enum class LogWriter { kShale, kOther, kUnknown };

// What a log must be like. Shale's numbers have no hole. Those of others may: writes without a log (disableWAL) take
// numbers, too. So where one record follows right behind another in a file, nothing is missing between them, whatever
// their numbers are; and between two files, which could lack a part, when it is known that another program was at work.
// In no case if something up to `promised` would be missing.
struct ScanRules {
  LogWriter writer = LogWriter::kShale;
  // The first record must be the one after this sequence or an earlier one; nothing if that is not known.
  std::optional<uint64_t> upTo = {};
  uint64_t promised = 0;
};

// Why this check vouches for nothing in a log.
enum class Unexamined {
  kCompressed,  // its records are compressed
  kRecordType,  // it has fragments of a kind that this reader does not know
  kJump,        // numbers are missing before it, as those of writes without a log are: or a log is missing
  kSearch,      // there was too much damage to search all of it for records
};
const char* nameOf(Unexamined reason);

struct UnexaminedLog {
  std::string file;
  Unexamined reason;
};

// A record that is whole, and that RocksDB could not replay, or would misread.
struct Obstacle {
  std::string file;
  uint64_t offset = 0;
  BatchShape shape = BatchShape::kPlain;
  // Its numbers overlap those of the record before it, as only a TransactionDB with another write policy writes them.
  bool overlaps = false;
};

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
  // Not all of what is behind damage was searched.
  bool unsearched = false;
};

struct LogScan {
  std::vector<LogFile> files;
  std::vector<LogDamage> damages;  // the first ones
  uint64_t damageCount = 0;
  // The sequence up to which everything is there; nothing when no log holds a record that counts.
  std::optional<uint64_t> last;
  // Logs that RocksDB may understand, and this reader does not, or not wholly.
  std::vector<UnexaminedLog> unexamined;
  std::optional<Obstacle> obstacle;

  // There are records whose numbers are not known, or kinds of records that RocksDB might not know either.
  bool isForeign() const;
  // Whether it ended before the end, and not only because the last write was torn off.
  bool stopped() const;
  uint64_t unused() const;
  uint64_t beyondRecords() const;
  uint64_t beyondEntries() const;
};

LogScan scanLogs(const std::string& directory, uint64_t firstLog, const ScanRules& rules);

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

// What RocksDB's CURRENT and MANIFEST say about its logs, read without opening the database.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "recovery/log_reader.h"

namespace shale {

// Where a manifest cannot be read on, and why.
struct ManifestDamage {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  std::string reason;
  DamageKind kind = DamageKind::kChecksum;
};

// What a manifest says of a table file.
struct TableFileFacts {
  uint64_t bytes = 0;
  // Keys as they are in the file: of the application, and behind that a sequence and a kind, 8 bytes.
  std::string smallest;
  std::string largest;
  // 0 where it does not say.
  uint64_t largestSequence = 0;
  uint64_t level = 0;
  uint64_t place = 0;  // which of the directories that RocksDB was given (db_paths); 0: the first one
};

// What a manifest says up to its end, or up to the first damage.
struct Manifest {
  // Of the file's name.
  uint64_t number = 0;
  // Logs with a smaller number are not needed: what they hold is in table files.
  uint64_t firstLog = 0;
  // The last sequence that it names; that of no table file is larger.
  uint64_t lastSequence = 0;
  // The largest sequence of all table files that flushes of this manifest have added; 0 if there was none.
  uint64_t flushed = 0;
  // False: there is something in it that this reader does not know, so nothing in here but the number counts.
  bool understood = true;
  // It says all that RocksDB wants of a manifest.
  bool complete = false;
  // The table files that there are then, with their sizes.
  std::map<uint64_t, uint64_t> tableFiles;
  // What it says of them, and those that there were once and that it says are not needed any more.
  std::map<uint64_t, TableFileFacts> facts;
  std::set<uint64_t> deletedFiles;
  // It has named files that values are in apart from their keys.
  bool namesBlobFiles = false;
  // How many levels they take.
  uint64_t levels() const;
  // The order of the keys.
  std::string comparator;
  // The column families beside the default one, by id.
  std::map<uint64_t, std::string> families;
  // Nothing: it was read to its end. An end that is torn off counts as not written, as it does to RocksDB.
  std::optional<ManifestDamage> damage;
};

// The number of the manifest that CURRENT names; nothing if there is no CURRENT. Throws ROCKSDB_CORRUPTION when it does
// not name one.
std::optional<uint64_t> currentManifest(const std::string& directory);

// Reads it. Throws ROCKSDB_CORRUPTION, with the file's name, when it is missing or nothing in it can be read.
Manifest readManifest(const std::string& directory, uint64_t number);

// Writes to another directory what a manifest says, but for some of its table files, and the CURRENT that names it.
// Throws DatabaseError, also when it cannot be read to its end.
void copyManifestWithout(const std::string& directory, uint64_t number, const std::set<uint64_t>& tableFiles,
                         const std::string& target);

// Throws the ROCKSDB_CORRUPTION that its damage is; `harmless`: an opening that may write would do without that part.
[[noreturn]] void throwDamaged(const std::string& directory, const Manifest& manifest, bool harmless);

std::string manifestName(uint64_t number);
std::string tableFileName(uint64_t number);

}  // namespace shale

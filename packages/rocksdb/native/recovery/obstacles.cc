#include "recovery/obstacles.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "core/directories.h"
#include "core/errors.h"
#include "core/input_file.h"

namespace shale {

namespace {

namespace fs = std::filesystem;

constexpr const char* kComparator = "leveldb.BytewiseComparator";
constexpr size_t kMostOptions = 1 << 20;

[[noreturn]] void throwUnsupported(const std::string& what, const std::string& advice, const std::string& path) {
  throw DatabaseError{"ROCKSDB_NOT_SUPPORTED", path + ": " + what + ". Nothing was changed. " + advice, path};
}

// What the program that opened the database last gave for an option; empty if nothing, or if it cannot be told.
std::string optionOf(const std::string& path, const std::string& option) {
  std::string newest;
  uint64_t highest = 0;
  const std::string prefix = "OPTIONS-";
  for (const std::string& name : namesIn(path)) {
    if (name.rfind(prefix, 0) != 0 || name.find_first_not_of("0123456789", prefix.size()) != std::string::npos) continue;
    const uint64_t number = std::strtoull(name.c_str() + prefix.size(), nullptr, 10);
    if (number < highest) continue;
    highest = number;
    newest = name;
  }
  if (newest.empty()) return std::string();
  std::string text;
  try {
    text = readSmallFile(path + "/" + newest, kMostOptions);
  } catch (const DatabaseError&) {
    return std::string();
  }
  const std::string key = "\n  " + option + "=";
  const size_t at = text.find(key);
  if (at == std::string::npos) return std::string();
  std::string value;
  for (size_t i = at + key.size(); i < text.size() && text[i] != '\n'; i++) {
    if (text[i] == '\\' && i + 1 < text.size()) i++;  // it marks what follows as no more than that
    value += text[i];
  }
  return value;
}

void requireLogsHere(const std::string& path, const Manifest& manifest) {
  const std::string place = optionOf(path, "wal_dir");
  std::error_code error;
  // Old versions of RocksDB name the directory itself, where it was then, and copies of it still name that.
  if (place.empty() || fs::equivalent(place, path, error) || fs::exists(place + "/CURRENT", error)) return;
  const std::vector<LogFile> there = listLogs(place);
  const std::vector<LogFile> here = listLogs(path);
  const auto needed = [&](const LogFile& log) { return log.number >= manifest.firstLog; };
  if (std::none_of(there.begin(), there.end(), needed) && std::any_of(here.begin(), here.end(), needed)) return;
  throwUnsupported("The logs of this database are in another directory, " + place +
                       " (option wal_dir of the program that wrote it last)",
                   "End that program and move the *.log files here, or have it flush and open the database without wal_dir",
                   path);
}

}  // namespace

void requireKnownLayout(const std::string& path, const Manifest& manifest, bool readOnly) {
  if (!manifest.understood || manifest.damage) return;
  if (!manifest.comparator.empty() && manifest.comparator != kComparator) {
    throwUnsupported("The keys of this database are in the order " + manifest.comparator + ", and not in that of their bytes",
                     "It is no database of this format: open another directory, or copy the entries into one", path);
  }
  if (!readOnly && !manifest.families.empty()) {
    throwUnsupported("Another program has made the column family \"" + manifest.families.begin()->second + "\" in this database" +
                         (manifest.families.size() > 1 ? " and more" : ""),
                     "Have that program drop it (DropColumnFamily), or open the log with readOnly: true", path);
  }
  for (const auto& [number, file] : manifest.facts) {
    std::error_code error;
    if (file.place == 0 || fs::exists(path + "/" + tableFileName(number), error)) continue;
    throwUnsupported("The table file " + tableFileName(number) +
                         " is in another directory (option db_paths of the program that wrote it)",
                     "End that program and move the *.sst files here", path);
  }
  requireLogsHere(path, manifest);
}

void requireKnownRecords(const std::string& path, const std::optional<Obstacle>& obstacle) {
  if (!obstacle) return;
  const std::string where = "The log " + obstacle->file + " holds ";
  const std::string flush = "Open the database with the program that wrote it, have it flush (DB::Flush), and close it";
  if (obstacle->overlaps) {
    throwUnsupported(where + "writes of a TransactionDB with the policy WritePrepared or WriteUnprepared, whose numbers overlap",
                     flush, path);
  }
  switch (obstacle->shape) {
    case BatchShape::kMerge:
      throwUnsupported(where + "merges, which only the merge operator of the program that wrote them can apply",
                       flush + ", with its tables compacted", path);
    case BatchShape::kTransaction:
      throwUnsupported(where + "transactions in two phases, which only a TransactionDB can finish", flush, path);
    case BatchShape::kBlob: throwUnsupported(where + "values that are in files of a BlobDB", flush, path);
    case BatchShape::kPlain:
    case BatchShape::kUnknown: throwUnsupported(where + "records of a kind that this RocksDB does not know", flush, path);
  }
}

}  // namespace shale

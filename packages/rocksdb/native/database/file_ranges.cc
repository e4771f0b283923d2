#include "database/file_ranges.h"

#include <rocksdb/metadata.h>

#include <set>
#include <vector>

namespace shale {

namespace {

std::string nameIn(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

uint64_t FileRanges::versionOf(rocksdb::DB& db) {
  uint64_t version = 0;
  db.GetIntProperty("rocksdb.current-super-version-number", &version);
  return version;
}

std::shared_ptr<const FileRanges> FileRanges::of(rocksdb::DB& db) {
  auto found = std::make_shared<FileRanges>();
  found->version_ = versionOf(db);
  rocksdb::TablePropertiesCollection properties;
  if (!db.GetPropertiesOfAllTables(&properties).ok()) return nullptr;
  std::map<std::string, Origin> origins;
  for (const auto& [path, table] : properties) {
    origins[nameIn(path)] = {table->db_session_id, table->orig_file_number};
  }
  std::vector<rocksdb::LiveFileMetaData> files;
  db.GetLiveFilesMetaData(&files);
  std::set<Origin> twice;
  for (const rocksdb::LiveFileMetaData& file : files) {
    const auto origin = origins.find(nameIn(file.name));
    if (origin == origins.end() || origin->second.first.empty()) continue;
    if (!found->ranges_.emplace(origin->second, Range{file.smallestkey, file.largestkey}).second) {
      twice.insert(origin->second);
    }
  }
  for (const Origin& origin : twice) found->ranges_.erase(origin);
  return found;
}

std::function<bool(const rocksdb::TableProperties&)> FileRanges::filter(std::shared_ptr<const FileRanges> ranges,
                                                                        const KeyRange& range) {
  return [ranges = std::move(ranges), lower = range.lower.ToString(),
          upper = range.upper.ToString()](const rocksdb::TableProperties& table) {
    const auto found = ranges->ranges_.find({table.db_session_id, table.orig_file_number});
    return found == ranges->ranges_.end() || (found->second.smallest < upper && found->second.largest >= lower);
  };
}

}  // namespace shale

#include "recovery/table_file_check.h"

#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table_properties.h>

namespace shale {

TableFileCheck checkTableFile(const std::string& path) {
  TableFileCheck check;
  rocksdb::SstFileReader reader{rocksdb::Options()};
  rocksdb::Status status = reader.Open(path);
  check.opens = status.ok();
  if (check.opens) {
    if (const auto properties = reader.GetTableProperties()) {
      check.entries = properties->num_entries;
      check.deletions = properties->num_deletions;
      check.rangeDeletions = properties->num_range_deletions;
    }
    status = reader.VerifyChecksum(rocksdb::ReadOptions());
  }
  if (!status.ok()) check.message = status.ToString();
  return check;
}

}  // namespace shale

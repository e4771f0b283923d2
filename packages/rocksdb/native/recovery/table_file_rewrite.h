// Copies what can be read of a damaged table file to new files.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "recovery/stored_deletions.h"
#include "recovery/table_file_walk.h"

namespace shale {

struct RewrittenTableFile {
  uint64_t entries = 0;
  // Entries left out because a range deletion covers them.
  uint64_t deleted = 0;
  std::vector<TableFileWalk::Gap> gaps;
  // Keys and values of the records that are no log entries.
  std::vector<std::pair<std::string, std::string>> records;
};

// Writes the entries of a table file that have not been deleted to `target`, with RocksDB's smallest sequence, so that
// a range deletion in any other file still covers them. Entries that were written after a range deletion of what was
// there before go to `newer`, a log file, with a sequence behind that deletion. `deletions` are those of all files. A
// file that would be empty is not made. Throws DatabaseError.
RewrittenTableFile rewriteTableFile(const std::string& source, const std::string& target, const std::string& newer,
                                    const std::vector<RangeDeletion>& deletions);

}  // namespace shale

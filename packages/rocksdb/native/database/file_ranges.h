// Which table files may hold anything of a range of keys, for reads beside damage.
//
// RocksDB looks for the place of a key in every file of level 0, and in a file of which all keys lie behind it that is the
// first block. While that block cannot be read, nothing before it can be looked for, whatever file it is in. Reads leave such
// files out once they have met damage.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/table_properties.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/bytes.h"

namespace shale {

class FileRanges {
 public:
  // Those of the files that there are now; null when RocksDB cannot say.
  static std::shared_ptr<const FileRanges> of(rocksdb::DB& db);

  // The state of the files that it is of, as RocksDB counts them.
  uint64_t version() const { return version_; }
  static uint64_t versionOf(rocksdb::DB& db);

  // For rocksdb::ReadOptions: false for a file that has nothing of the range. True for files that have been made since.
  static std::function<bool(const rocksdb::TableProperties&)> filter(std::shared_ptr<const FileRanges> ranges,
                                                                     const KeyRange& range);

 private:
  // What a file says of itself: the session of RocksDB that made it, and its number there. It keeps these when it is imported
  // elsewhere under another number.
  using Origin = std::pair<std::string, uint64_t>;
  struct Range {
    std::string smallest;
    std::string largest;
  };

  uint64_t version_ = 0;
  std::map<Origin, Range> ranges_;
};

}  // namespace shale

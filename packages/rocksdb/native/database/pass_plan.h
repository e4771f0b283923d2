// Which files of level 0 a pass takes, and to which level it brings them.
#pragma once

#include <rocksdb/metadata.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shale {

// A pass takes at least so many files of level 0, if there are as many.
constexpr size_t kPassFiles = 32;

struct PassPlan {
  // Files of level 0, the oldest ones; none: there is no pass to be made. RocksDB takes those along that they overlap in
  // the levels down to `level`.
  std::vector<std::string> files;
  int level = 0;
  // Of all that is taken.
  uint64_t bytes = 0;
};

// A log's files overlap in nearly all of their keys, because each has a part of every table. So two passes cannot leave
// theirs in one level without rewriting what the first one left there. They leave them in one level above the other, from the
// lowest on, and take so many files each that the empty levels suffice for all of level 0. When no level is empty any more, a
// pass takes along what lies below, as long as that is no more than what it has by then: so an entry is written again only
// when there is twice as much.
//
// `room` is what the disk has for the files that are made, before those that they are made of are deleted.
PassPlan planPass(const rocksdb::ColumnFamilyMetaData& metadata, uint64_t room);

}  // namespace shale

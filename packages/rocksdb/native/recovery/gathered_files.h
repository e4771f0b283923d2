// A database of table files that were brought together from wherever they were.
//
// RocksDB wants to know of each file which level it is in, because a file hides what is in those below it. Of files
// without their manifest nobody knows that, and RocksDB's own repair puts them all in level 0, where the sequences of
// two files must not nest: those of the files of one compaction do. So all of them are put there with sequences that
// say nothing, and the records are told apart by the sequences that they have themselves: that is what an iterator
// does, but not with deletions of ranges, which would hide newer records in older files. So these are left out, and
// what they hide is deleted anew.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recovery/stored_deletions.h"

namespace shale {

// Records one after the other whose values are in blob files and cannot be read.
struct LostValues {
  std::string first;
  std::string last;
  uint64_t count = 0;
  std::string message;
};

// Makes a database of the table files in a directory, and of the blob files that values of theirs are in. `deletions`
// are those of ranges that they hold, and others. Only what iterates over it finds what is newest; what looks up a
// single key does not. With `hasBlobs` every value is read once, and records whose value cannot be read are left out
// and returned. Throws DatabaseError.
std::vector<LostValues> gatherTableFiles(const std::string& directory, const std::vector<RangeDeletion>& deletions,
                                         bool hasBlobs);

}  // namespace shale

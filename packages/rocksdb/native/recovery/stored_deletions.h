// Deletions of whole ranges, which trims and drops are, with the sequence of RocksDB that each has. RocksDB's readers
// of single files do not give them out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shale {

struct RangeDeletion {
  std::string begin;
  std::string end;  // not included
  uint64_t sequence = 0;
};

// Reads them from a table file, which RocksDB must have opened before: it has compared the checksums then. False: the
// file is of a kind that is not known here, so there may be some.
bool readRangeDeletions(const std::string& tableFile, std::vector<RangeDeletion>* deletions);

// `begin length u32 LE · end length u32 LE · sequence u64 LE · begin · end`, one after the other.
void packRangeDeletion(const RangeDeletion& deletion, std::string* packed);
// Throws RangeError, as an argument of the name, when they are not packed like that.
std::vector<RangeDeletion> unpackRangeDeletions(std::string_view packed, const char* name);

// What of a set of deletions covers a key.
class DeletionCover {
 public:
  explicit DeletionCover(const std::vector<RangeDeletion>& deletions);

  // The largest sequence of all that cover the key; 0 when none does.
  uint64_t latestOver(std::string_view key) const;

  // From a key up to the next piece always the same deletions cover.
  struct Piece {
    std::string from;
    uint64_t latest = 0;  // 0: none
  };
  // In the order of keys. Nothing covers the last one.
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  std::vector<Piece> pieces_;
};

}  // namespace shale

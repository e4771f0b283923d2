// The removals of one batch: ranges, together with the metadata records that keep their sequences from being used
// again.
#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/errors.h"
#include "core/table_keys.h"
#include "database/database.h"

namespace shale {

// Made before the first removal is put into a batch, and kept until the batch is in: it holds the locks that keep other
// threads from the same records, and from the files of the ranges.
class Removals {
 public:
  enum class Of { kRanges, kTables };

  // A drop of tables waits while files of trimmed ranges are dropped: what is written afterwards must not be in one
  // of them.
  // `besidePositions`: the batch gets positions of consumers or ids of appends, too, which a drop must find although they
  // are not in yet.
  Removals(const DatabaseGuard& guard, rocksdb::WriteBatch& batch, Of what, bool besidePositions = false);

  void removeRange(const KeyRange& range);
  // The `count` entries of a table that end with the sequence `last`, one by one. Reads step over each until a
  // compaction has dropped it, but do not get dearer while they are in memory, as they do with each range.
  void removeEntries(const uint8_t* prefix, uint64_t last, uint32_t count);
  // The floor is shared by the regions that have a table of this id, and so by threads: read, raise, write as one.
  // Returns what it is then.
  uint64_t raiseFloor(const rocksdb::Slice& metaKey, uint64_t sequence);
  // The ids of a table's appends up to that which begins at `first`.
  void removeIds(const uint8_t* prefix, uint64_t first);
  // With the table's name, if it has one, the positions of its consumers, the ids of its appends, and its time marks.
  void dropTable(const KeyRange& range, const rocksdb::Slice& metaKey);

  // Writes the batch; once.
  void write(bool sync);

 private:
  void removeRecords(const TableRecordKeys& keys);

  struct Dropped {
    std::string lower;
    std::string metaKey;
  };

  const DatabaseGuard& guard_;
  rocksdb::WriteBatch& batch_;
  const bool besidePositions_;
  std::unique_lock<std::shared_mutex> dropLock_;
  std::unique_lock<std::mutex> floorLock_;
  size_t ranges_ = 0;
  // As the batch leaves them.
  std::map<std::string, uint64_t> floors_;
  std::vector<Dropped> dropped_;
};

// Removals are for a full disk too, where they are what makes room. One that fills the disk is done again on what the
// reserve held; it is not in before that. The calling thread must not hold a DatabaseGuard.
template <class Removal>
auto removeDespiteFullDisk(SharedDatabase& database, Removal removal) {
  database.makeTrimmable();
  try {
    const DatabaseGuard guard(database);
    database.assertTrimmable();
    return removal(guard);
  } catch (const DatabaseError& error) {
    if (error.code != "ROCKSDB_NO_SPACE") throw;
  }
  database.makeTrimmable();
  const DatabaseGuard guard(database);
  database.assertTrimmable();
  return removal(guard);
}

}  // namespace shale

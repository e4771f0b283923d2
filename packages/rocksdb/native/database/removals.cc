#include "database/removals.h"

#include <algorithm>
#include <cstring>

#include "core/format.h"
#include "database/table_names.h"

namespace shale {

namespace {

// The floor that the record holds; 0 if there is none.
uint64_t readFloor(const Use& use, const rocksdb::Slice& metaKey) {
  rocksdb::PinnableSlice value;
  rocksdb::ReadOptions options;
  // Floors are never removed by range. To heed range deletions costs more with each one in the memtable.
  options.ignore_range_deletions = true;
  const rocksdb::Status status =
      use.db().Get(options, use.db().DefaultColumnFamily(), metaKey, &value);
  if (status.IsNotFound()) return 0;
  throwIfFailed(status, use.path());
  if (value.size() != kMetaValueLength || value[0] != static_cast<char>(kVersion)) {
    throw DatabaseError{"ROCKSDB_CORRUPTION",
                        "The metadata record " + metaKey.ToString(true) + " is not a floor of version 0 but " +
                            value.ToString(true),
                        "none", "none", use.path()};
  }
  return loadU64BE(value.data() + 1);
}

}  // namespace

Removals::Removals(const Use& use, rocksdb::WriteBatch& batch, Of what) : use_(use), batch_(batch) {
  SharedDatabase& database = use.database();
  if (what == Of::kTables) gate_ = std::unique_lock<std::shared_mutex>(database.drops().gate());
  lock_ = std::unique_lock<std::mutex>(database.floors());
}

void Removals::removeRange(const KeyRange& range) {
  if (range.empty()) return;
  throwIfFailed(batch_.DeleteRange(range.lower, range.upper), use_.path());
  ranges_++;
}

void Removals::removeEntries(const uint8_t* prefix, uint64_t last, uint32_t count) {
  char key[kLogKeyLength];
  std::memcpy(key, prefix, kLogKeyPrefixLength);
  key[kLogKeyVersionAt] = static_cast<char>(kVersion);
  for (uint64_t left = count; left > 0; left--) {
    storeU64BE(key + kLogKeyPrefixLength, last - (left - 1));
    throwIfFailed(batch_.Delete(rocksdb::Slice(key, sizeof(key))), use_.path());
  }
}

uint64_t Removals::raiseFloor(const rocksdb::Slice& metaKey, uint64_t sequence) {
  std::string key = metaKey.ToString();
  const auto known = floors_.find(key);
  const uint64_t raised = std::max(known == floors_.end() ? readFloor(use_, metaKey) : known->second, sequence);
  char value[kMetaValueLength];
  value[0] = static_cast<char>(kVersion);
  storeU64BE(value + 1, raised);
  throwIfFailed(batch_.Put(metaKey, rocksdb::Slice(value, sizeof(value))), use_.path());
  floors_[std::move(key)] = raised;
  return raised;
}

void Removals::dropTable(const KeyRange& range, const rocksdb::Slice& metaKey) {
  removeRange(range);
  throwIfFailed(batch_.Delete(metaKey), use_.path());
  removeName(use_, batch_, range.lower);
  floors_[metaKey.ToString()] = 0;
  dropped_.push_back(Dropped{range.lower.ToString(), metaKey.ToString()});
}

void Removals::write(bool sync) {
  use_.write(batch_, sync);
  for (const Dropped& table : dropped_) use_.database().drops().note(table.lower, table.metaKey);
  lock_.unlock();
  if (gate_.owns_lock()) gate_.unlock();
  use_.countRangeDeletions(ranges_);
}

}  // namespace shale

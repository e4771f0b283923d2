#include "database/removals.h"

#include <algorithm>
#include <cstring>

#include "core/format.h"
#include "core/table_keys.h"
#include "database/table_names.h"

namespace shale {

namespace {

// The floor that the metadata record holds; 0 without one.
uint64_t readFloor(const DatabaseGuard& guard, const rocksdb::Slice& metaKey) {
  rocksdb::PinnableSlice value;
  rocksdb::ReadOptions options;
  // Floors are never removed by range. To heed range deletions costs more with each one in the memtable.
  options.ignore_range_deletions = true;
  if (!guard.get(options, metaKey, &value)) return 0;
  if (value.size() != kMetaValueLength || value[0] != static_cast<char>(kVersion)) {
    throw DatabaseError{"ROCKSDB_CORRUPTION",
                        "The metadata record " + metaKey.ToString(true) + " is not a floor of version 0 but " +
                            value.ToString(true), guard.path()};
  }
  return loadU64BE(value.data() + 1);
}

}  // namespace

Removals::Removals(const DatabaseGuard& guard, rocksdb::WriteBatch& batch, Of what, bool besidePositions)
    : guard_(guard), batch_(batch), besidePositions_(besidePositions) {
  SharedDatabase& database = guard.database();
  if (what == Of::kTables) dropLock_ = std::unique_lock<std::shared_mutex>(database.dropHistory().mutex());
  floorLock_ = std::unique_lock<std::mutex>(database.floorMutex());
}

void Removals::removeRange(const KeyRange& range) {
  if (range.empty()) return;
  throwIfFailed(batch_.DeleteRange(range.lower, range.upper), guard_.path());
  ranges_++;
}

void Removals::removeEntries(const uint8_t* prefix, uint64_t last, uint32_t count) {
  char key[kLogKeyLength];
  std::memcpy(key, prefix, kLogKeyPrefixLength);
  key[kLogKeyVersionAt] = static_cast<char>(kVersion);
  for (uint64_t left = count; left > 0; left--) {
    storeU64BE(key + kLogKeyPrefixLength, last - (left - 1));
    throwIfFailed(batch_.Delete(rocksdb::Slice(key, sizeof(key))), guard_.path());
  }
}

uint64_t Removals::raiseFloor(const rocksdb::Slice& metaKey, uint64_t sequence) {
  std::string key = metaKey.ToString();
  const auto known = floors_.find(key);
  const uint64_t raised = std::max(known == floors_.end() ? readFloor(guard_, metaKey) : known->second, sequence);
  char value[kMetaValueLength];
  value[0] = static_cast<char>(kVersion);
  storeU64BE(value + 1, raised);
  throwIfFailed(batch_.Put(metaKey, rocksdb::Slice(value, sizeof(value))), guard_.path());
  floors_[std::move(key)] = raised;
  return raised;
}

void Removals::dropTable(const KeyRange& range, const rocksdb::Slice& metaKey) {
  removeRange(range);
  throwIfFailed(batch_.Delete(metaKey), guard_.path());
  removeName(guard_, batch_, range.lower);
  if (range.lower.size() == kLogKeyPrefixLength) {
    const uint8_t* prefix = reinterpret_cast<const uint8_t*>(range.lower.data());
    removeRecords(PositionKeys(prefix));
    removeRecords(AppendIdKeys(prefix));
    removeRecords(TableRecordKeys(prefix, kMarkKeyType));
  }
  floors_[metaKey.ToString()] = 0;
  dropped_.push_back(Dropped{range.lower.ToString(), metaKey.ToString()});
}

void Removals::removeRecords(const TableRecordKeys& keys) {
  const KeyRange range{rocksdb::Slice(keys.lower(), kPositionPrefixLength),
                       rocksdb::Slice(keys.upper(), TableRecordKeys::upperSize())};
  // Most tables have none, and a range makes the reads after it dearer.
  const std::unique_ptr<rocksdb::Iterator> records = guard_.iterate(range, rocksdb::ReadOptions());
  records->Seek(range.lower);
  if (besidePositions_ || records->Valid() || !records->status().ok()) removeRange(range);
}

void Removals::removeIds(const uint8_t* prefix, uint64_t first) {
  AppendIdKeys keys(prefix);
  removeRange(KeyRange{rocksdb::Slice(keys.lower(), kPositionPrefixLength),
                       rocksdb::Slice(keys.after(first), kPositionKeyLength)});
}

void Removals::write(bool sync) {
  guard_.write(batch_, sync);
  for (const Dropped& table : dropped_) guard_.database().dropHistory().note(table.lower, table.metaKey);
  floorLock_.unlock();
  if (dropLock_.owns_lock()) dropLock_.unlock();
  guard_.countRangeDeletions(ranges_);
}

}  // namespace shale

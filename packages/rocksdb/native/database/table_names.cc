#include "database/table_names.h"

#include <optional>
#include <string>

#include "core/errors.h"
#include "core/format.h"

namespace shale {

namespace {

std::optional<std::string> read(const DatabaseGuard& guard, const std::string& key) {
  rocksdb::PinnableSlice value;
  rocksdb::ReadOptions options;
  // These records are never removed by range. To heed range deletions costs more with each one in the memtable.
  options.ignore_range_deletions = true;
  if (!guard.get(options, key, &value)) return std::nullopt;
  return value.ToString();
}

std::string keyOf(char type, char instance) { return {static_cast<char>(kNamesNamespace), type, instance}; }

}  // namespace

void removeName(const DatabaseGuard& guard, rocksdb::WriteBatch& batch, const rocksdb::Slice& prefix) {
  if (prefix.size() != kLogKeyPrefixLength) return;
  const std::string id(prefix.data() + 1, kLogKeyPrefixLength - 1);
  if (loadU64BE(id.data()) != 0 || loadU64BE(id.data() + 8) < kFirstNamedTable) return;
  const char instance = static_cast<char>(static_cast<uint8_t>(prefix[0]) >> 1);
  const std::string tableKey = keyOf(kTableNameKeyType, instance) + id + static_cast<char>(kVersion);
  const std::optional<std::string> name = read(guard, tableKey);
  if (!name) return;
  throwIfFailed(batch.Delete(tableKey), guard.path());
  if (name->size() < 2) return;
  const std::string nameKey = keyOf(kNameKeyType, instance) + name->substr(1);
  // Never the name of another table, whatever damage has left.
  const std::optional<std::string> named = read(guard, nameKey);
  if (named && named->size() == kNameValueLength && named->compare(1, id.size(), id) == 0) {
    throwIfFailed(batch.Delete(nameKey), guard.path());
  }
}

}  // namespace shale

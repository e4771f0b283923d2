// write, remove and put: the hot way in; and change. One call is one WriteBatch is one write of RocksDB's log.
#include <rocksdb/write_batch.h>

#include <limits>
#include <optional>

#include "calls/calls.h"
#include "core/format.h"
#include "core/table_keys.h"
#include "database/changes.h"
#include "database/removals.h"
#include "database/write_entries.h"
#include "napi/entry.h"

namespace shale {

namespace {

ByteView viewOf(const Bytes& bytes) { return ByteView{bytes.data, bytes.size}; }

void put(const DatabaseGuard& guard, rocksdb::WriteBatch& batch, const char* key, const char* value, uint32_t size) {
  throwIfFailed(batch.Put(rocksdb::Slice(key, kLogKeyLength), rocksdb::Slice(value, size)), guard.path());
}

void removeAs(const WriteGroup& group, Removals& removals) {
  if (group.trimsOneByOne()) {
    removals.removeEntries(group.prefix, group.first, group.count);
    return;
  }
  const TableKeys keys(group.prefix, group.flags == kGroupTrim ? group.first : std::numeric_limits<uint64_t>::max());
  const KeyRange range{rocksdb::Slice(keys.lower(), kLogKeyPrefixLength), rocksdb::Slice(keys.upper(), keys.upperSize())};
  const rocksdb::Slice metaKey(keys.metaKey(), kMetaKeyLength);
  switch (group.flags) {
    case kGroupTrim: removals.removeRange(range); break;
    case kGroupFloor: removals.raiseFloor(metaKey, group.first); break;
    case kGroupDrop: removals.dropTable(range, metaKey); break;
  }
}

Removals::Of whatIsRemoved(const WriteRemovals& removals) {
  return removals.drops ? Removals::Of::kTables : Removals::Of::kRanges;
}

// write(handle, groups, lengths, data, sync)
napi_value write(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const DatabaseGuard guard(database);
  const bool sync = arguments.boolean(4, "sync");
  const ByteView groups = viewOf(arguments.bytes(1, "groups"));
  const ByteView lengths = viewOf(arguments.bytes(2, "lengths"));
  const ByteView data = viewOf(arguments.bytes(3, "data"));
  database.assertWritable();
  if (const auto problem = checkWrite(groups, lengths, data)) throwRangeError(problem->argument, problem->expectation);

  const WriteRemovals among = removalsOf(groups);
  rocksdb::WriteBatch batch(data.size + lengths.size / 4 * kEntryOverhead + among.bytes + 16);
  std::optional<Removals> removals;
  if (among.count > 0) removals.emplace(guard, batch, whatIsRemoved(among));
  forEachEntry(
      groups, lengths, data,
      [&](const char* key, const char* value, uint32_t size) { put(guard, batch, key, value, size); },
      [&](const WriteGroup& group) { removeAs(group, *removals); });
  if (removals) {
    removals->write(sync);
  } else if (batch.Count() > 0) {
    guard.write(batch, sync);
  }
  return makeUndefined(arguments.env());
}

// remove(handle, groups, sync)
napi_value remove(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const bool sync = arguments.boolean(2, "sync");
  const ByteView groups = viewOf(arguments.bytes(1, "groups"));
  const ByteView nothing{nullptr, 0};
  if (const auto problem = checkWrite(groups, nothing, nothing)) throwRangeError(problem->argument, problem->expectation);

  const WriteRemovals among = removalsOf(groups);
  removeDespiteFullDisk(database, [&](const DatabaseGuard& guard) {
    if (among.count == 0) return;
    rocksdb::WriteBatch batch;
    Removals removals(guard, batch, whatIsRemoved(among));
    forEachEntry(
        groups, nothing, nothing, [](const char*, const char*, uint32_t) {},
        [&](const WriteGroup& group) { removeAs(group, removals); });
    removals.write(sync);
  });
  return makeUndefined(arguments.env());
}

// put(handle, key, value, sync)
napi_value putRecord(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const DatabaseGuard guard(database);
  const bool sync = arguments.boolean(3, "sync");
  const Bytes key = arguments.bytes(1, "key");
  const Bytes value = arguments.bytes(2, "value");
  database.assertWritable();
  if (key.size == 0) throwRangeError("key", "at least one byte long");
  if (key.size > kMostBytes || value.size > kMostBytes - key.size) throwRangeError("value", "less than 3 GiB");

  rocksdb::WriteBatch batch;
  throwIfFailed(batch.Put(key.slice(), value.slice()), database.path());
  guard.write(batch, sync);
  return makeUndefined(arguments.env());
}

// change(handle, changes, sync)
napi_value change(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const DatabaseGuard guard(database);
  const bool sync = arguments.boolean(2, "sync");
  const Bytes changes = arguments.bytes(1, "changes");
  database.assertWritable();
  if (changes.size > kMostBytes) throwRangeError("changes", "less than 3 GiB");

  rocksdb::WriteBatch batch;
  addChanges(batch, changes, "changes", database.path());
  if (batch.Count() > 0) guard.write(batch, sync);
  return makeUndefined(arguments.env());
}

}  // namespace

void exportWrite(napi_env env, napi_value exports) {
  exportFunction<write>(env, exports, "write");
  exportFunction<remove>(env, exports, "remove");
  exportFunction<putRecord>(env, exports, "put");
  exportFunction<change>(env, exports, "change");
}

}  // namespace shale

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

void putPosition(const DatabaseGuard& guard, rocksdb::WriteBatch& batch, const WriteRun& run, const char* value, uint32_t size) {
  PositionKeys keys(run.prefix);
  throwIfFailed(batch.Put(rocksdb::Slice(keys.of(run.first), kPositionKeyLength), rocksdb::Slice(value, size)), guard.path());
}

void removeAs(const WriteRun& run, Removals& removals) {
  if (run.trimsOneByOne()) {
    removals.removeEntries(run.prefix, run.first, run.count);
    return;
  }
  if (run.forgetsIds()) {
    removals.removeIds(run.prefix, run.first);
    return;
  }
  const TableKeys keys(run.prefix, run.flags == kRunTrim ? run.first : std::numeric_limits<uint64_t>::max());
  const KeyRange range{rocksdb::Slice(keys.lower(), kLogKeyPrefixLength), rocksdb::Slice(keys.upper(), keys.upperSize())};
  const rocksdb::Slice metaKey(keys.metaKey(), kMetaKeyLength);
  switch (run.flags) {
    case kRunTrim: removals.removeRange(range); break;
    case kRunFloor: removals.raiseFloor(metaKey, run.first); break;
    case kRunDrop: removals.dropTable(range, metaKey); break;
  }
}

Removals::Of whatIsRemoved(const WriteRemovals& removals) {
  return removals.drops ? Removals::Of::kTables : Removals::Of::kRanges;
}

// write(handle, runs, lengths, data, sync, changes)
napi_value write(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const DatabaseGuard guard(database);
  const bool sync = arguments.boolean(4, "sync");
  const ByteView runs = viewOf(arguments.bytes(1, "runs"));
  const ByteView lengths = viewOf(arguments.bytes(2, "lengths"));
  const ByteView data = viewOf(arguments.bytes(3, "data"));
  const Bytes changes = arguments.bytes(5, "changes");
  database.assertWritable();
  if (const auto problem = checkWrite(runs, lengths, data)) throwRangeError(problem->argument, problem->expectation);

  const WriteRemovals among = removalsOf(runs);
  rocksdb::WriteBatch batch(data.size + lengths.size / 4 * kEntryOverhead + among.bytes + changes.size + 16);
  std::optional<Removals> removals;
  if (among.count > 0) removals.emplace(guard, batch, whatIsRemoved(among), among.besidePositions);
  forEachEntry(
      runs, lengths, data,
      [&](const char* key, const char* value, uint32_t size) { put(guard, batch, key, value, size); },
      [&](const WriteRun& run) { removeAs(run, *removals); },
      [&](const WriteRun& run, const char* value, uint32_t size) { putPosition(guard, batch, run, value, size); });
  addChanges(batch, changes, "changes", database.path());
  if (removals) {
    removals->write(sync);
  } else if (batch.Count() > 0) {
    guard.write(batch, sync);
  }
  return makeNull(arguments.env());
}

// remove(handle, runs, sync, changes)
napi_value remove(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const bool sync = arguments.boolean(2, "sync");
  const ByteView runs = viewOf(arguments.bytes(1, "runs"));
  const Bytes changes = arguments.bytes(3, "changes");
  const ByteView nothing{nullptr, 0};
  if (const auto problem = checkWrite(runs, nothing, nothing)) throwRangeError(problem->argument, problem->expectation);

  const WriteRemovals among = removalsOf(runs);
  removeDespiteFullDisk(database, [&](const DatabaseGuard& guard) {
    if (among.count == 0) return;
    rocksdb::WriteBatch batch;
    Removals removals(guard, batch, whatIsRemoved(among), among.besidePositions);
    forEachEntry(
        runs, nothing, nothing, [](const char*, const char*, uint32_t) {},
        [&](const WriteRun& run) { removeAs(run, removals); }, [](const WriteRun&, const char*, uint32_t) {});
    addChanges(batch, changes, "changes", database.path());
    removals.write(sync);
  });
  return makeNull(arguments.env());
}

// put(handle, key, value, sync)
napi_value putValue(const Arguments& arguments) {
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
  return makeNull(arguments.env());
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
  return makeNull(arguments.env());
}

}  // namespace

void exportWrite(napi_env env, napi_value exports) {
  exportFunction<write>(env, exports, "write");
  exportFunction<remove>(env, exports, "remove");
  exportFunction<putValue>(env, exports, "put");
  exportFunction<change>(env, exports, "change");
}

}  // namespace shale

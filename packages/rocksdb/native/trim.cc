// trim and drop: the removal of a range together with the record that keeps its sequences from being used again. And
// what others have to know of drops.
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "entry.h"
#include "format.h"

namespace shale {

namespace {

void deleteRange(SharedDatabase& database, rocksdb::WriteBatch& batch, const KeyRange& range) {
  if (range.empty()) return;
  throwIfFailed(batch.DeleteRange(range.lower, range.upper), database.path());
}

// The floor that the record holds; 0 if there is none.
uint64_t readFloor(SharedDatabase& database, const rocksdb::Slice& metaKey) {
  rocksdb::PinnableSlice value;
  rocksdb::ReadOptions options;
  // Floors are never removed by range. To heed range deletions costs more with each one in the memtable.
  options.ignore_range_deletions = true;
  const rocksdb::Status status =
      database.db().Get(options, database.db().DefaultColumnFamily(), metaKey, &value);
  if (status.IsNotFound()) return 0;
  throwIfFailed(status, database.path());
  if (value.size() != kMetaValueLength || value[0] != static_cast<char>(kVersion)) {
    throw DatabaseError{"ROCKSDB_CORRUPTION",
                        "The metadata record " + metaKey.ToString(true) + " is not a floor of version 0 but " +
                            value.ToString(true),
                        "none", "none", database.path()};
  }
  return loadU64BE(value.data() + 1);
}

// trim(handle, lower, upper, metaKey, maxSequence, sync): bigint
napi_value trim(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const uint64_t maxSequence = arguments.bigint(4, "maxSequence");
  const bool sync = arguments.boolean(5, "sync");
  const KeyRange range = keyRange(arguments, 1);
  const Bytes metaKey = arguments.bytes(3, "metaKey");
  if (metaKey.size == 0) throwRangeError("metaKey", "at least one byte long");
  database.assertWritable();

  // The record is shared by the regions that have a table of this id, and so by threads: read, raise, write as one.
  std::unique_lock<std::mutex> lock(database.floors());
  const uint64_t floor = std::max(readFloor(database, metaKey.slice()), maxSequence);
  char value[kMetaValueLength];
  value[0] = static_cast<char>(kVersion);
  storeU64BE(value + 1, floor);
  rocksdb::WriteBatch batch;
  deleteRange(database, batch, range);
  throwIfFailed(batch.Put(metaKey.slice(), rocksdb::Slice(value, sizeof(value))), database.path());
  database.write(batch, sync);
  lock.unlock();
  if (!range.empty()) database.countRangeDeletion();
  return makeBigInt(arguments.env(), floor);
}

// drop(handle, lower, upper, metaKey, sync)
napi_value drop(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const bool sync = arguments.boolean(4, "sync");
  const KeyRange range = keyRange(arguments, 1);
  const Bytes metaKey = arguments.bytes(3, "metaKey");
  if (metaKey.size == 0) throwRangeError("metaKey", "at least one byte long");
  database.assertWritable();

  // Waits while files of trimmed ranges are dropped: what is written afterwards must not be in one of them.
  std::unique_lock<std::shared_mutex> gate(database.drops().gate());
  std::unique_lock<std::mutex> lock(database.floors());
  rocksdb::WriteBatch batch;
  deleteRange(database, batch, range);
  throwIfFailed(batch.Delete(metaKey.slice()), database.path());
  database.write(batch, sync);
  database.drops().note(range.lower, metaKey.slice());
  lock.unlock();
  gate.unlock();
  if (!range.empty()) database.countRangeDeletion();
  return makeUndefined(arguments.env());
}

// bury(handle, lower, upper, metaKey, since, sync): boolean
napi_value bury(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const uint64_t since = arguments.bigint(4, "since");
  const bool sync = arguments.boolean(5, "sync");
  const KeyRange range = keyRange(arguments, 1);
  const Bytes metaKey = arguments.bytes(3, "metaKey");
  database.assertWritable();

  std::shared_lock<std::shared_mutex> gate(database.drops().gate());
  if (database.drops().since(since, metaKey.slice())) return makeBoolean(arguments.env(), false);
  rocksdb::WriteBatch batch;
  deleteRange(database, batch, range);
  if (batch.Count() > 0) database.write(batch, sync);
  gate.unlock();
  if (!range.empty()) database.countRangeDeletion();
  return makeBoolean(arguments.env(), true);
}

// drops(handle): bigint
napi_value drops(const Arguments& arguments) {
  return makeBigInt(arguments.env(), arguments.lease(0).database().drops().count());
}

// droppedSince(handle, key, since): boolean
napi_value droppedSince(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const uint64_t since = arguments.bigint(2, "since");
  const Bytes key = arguments.bytes(1, "key");
  return makeBoolean(arguments.env(), database.drops().since(since, key.slice()));
}

}  // namespace

void exportTrim(napi_env env, napi_value exports) {
  exportFunction<trim>(env, exports, "trim");
  exportFunction<drop>(env, exports, "drop");
  exportFunction<bury>(env, exports, "bury");
  exportFunction<drops>(env, exports, "drops");
  exportFunction<droppedSince>(env, exports, "droppedSince");
}

}  // namespace shale

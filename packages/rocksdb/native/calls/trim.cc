// trim and drop: the removal of a range together with the record that keeps its sequences from being used again. And
// what others have to know of drops.
#include <rocksdb/write_batch.h>

#include <optional>
#include <shared_mutex>

#include "calls/calls.h"
#include "database/removals.h"
#include "napi/entry.h"

namespace shale {

namespace {

// trim(handle, lower, upper, metaKey, floor, sync): bigint
napi_value trim(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const uint64_t floor = arguments.bigint(4, "floor");
  const bool sync = arguments.boolean(5, "sync");
  const KeyRange range = keyRange(arguments, 1);
  const Bytes metaKey = arguments.bytes(3, "metaKey");
  if (metaKey.size == 0) throwRangeError("metaKey", "at least one byte long");

  const uint64_t written = removeDespiteFullDisk(database, [&](const DatabaseGuard& guard) {
    rocksdb::WriteBatch batch;
    Removals removals(guard, batch, Removals::Of::kRanges);
    removals.removeRange(range);
    const uint64_t raised = removals.raiseFloor(metaKey.slice(), floor);
    removals.write(sync);
    return raised;
  });
  return makeBigInt(arguments.env(), written);
}

// drop(handle, lower, upper, metaKey, sync)
napi_value drop(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const bool sync = arguments.boolean(4, "sync");
  const KeyRange range = keyRange(arguments, 1);
  const Bytes metaKey = arguments.bytes(3, "metaKey");
  if (metaKey.size == 0) throwRangeError("metaKey", "at least one byte long");

  removeDespiteFullDisk(database, [&](const DatabaseGuard& guard) {
    rocksdb::WriteBatch batch;
    Removals removals(guard, batch, Removals::Of::kTables);
    removals.dropTable(range, metaKey.slice());
    removals.write(sync);
  });
  return makeNull(arguments.env());
}

// deleteRangeUnlessDropped(handle, lower, upper, metaKey, since, sync): boolean
napi_value deleteRangeUnlessDropped(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const uint64_t since = arguments.bigint(4, "since");
  const bool sync = arguments.boolean(5, "sync");
  const KeyRange range = keyRange(arguments, 1);
  const Bytes metaKey = arguments.bytes(3, "metaKey");

  const bool written = removeDespiteFullDisk(database, [&](const DatabaseGuard& guard) {
    std::shared_lock<std::shared_mutex> gate(database.dropHistory().mutex());
    if (database.dropHistory().since(since, metaKey.slice())) return false;
    rocksdb::WriteBatch batch;
    if (range.empty()) return true;
    throwIfFailed(batch.DeleteRange(range.lower, range.upper), guard.path());
    guard.write(batch, sync);
    gate.unlock();
    guard.countRangeDeletions(1);
    return true;
  });
  return makeBoolean(arguments.env(), written);
}

// drops(handle): bigint
napi_value drops(const Arguments& arguments) {
  return makeBigInt(arguments.env(), arguments.lease(0).database().dropHistory().count());
}

// droppedSince(handle, key, since): boolean
napi_value droppedSince(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const uint64_t since = arguments.bigint(2, "since");
  const Bytes key = arguments.bytes(1, "key");
  const auto settled = database.dropHistory().settled();
  return makeBoolean(arguments.env(), database.dropHistory().since(since, key.slice()));
}

// watch(handle, lower): bigint
napi_value watch(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  const Bytes lower = arguments.bytes(1, "lower");
  return makeBigInt(arguments.env(), lease.database().dropHistory().watch(lower.slice(), &lease));
}

// unwatch(handle, watch); idempotent, also on a closed handle
napi_value unwatch(const Arguments& arguments) {
  const uint64_t token = arguments.bigint(1, "watch");
  Lease& lease = arguments.leaseMaybeClosed(0);
  if (lease.closed()) return makeNull(arguments.env());
  lease.database().dropHistory().unwatch(token);
  lease.database().keptScans().forget(token);
  return makeNull(arguments.env());
}

[[noreturn]] void throwNoWatch() { throwRangeError("watch", "a watch that has not ended"); }

// watchAnew(handle, watch)
napi_value watchAnew(const Arguments& arguments) {
  if (!arguments.lease(0).database().dropHistory().watchAnew(arguments.bigint(1, "watch"))) throwNoWatch();
  return makeNull(arguments.env());
}

// sawDrop(handle, watch): boolean
napi_value sawDrop(const Arguments& arguments) {
  const std::optional<bool> dropped = arguments.lease(0).database().dropHistory().dropped(arguments.bigint(1, "watch"));
  if (!dropped.has_value()) throwNoWatch();
  return makeBoolean(arguments.env(), *dropped);
}

// watches(handle): number
napi_value watches(const Arguments& arguments) {
  return makeNumber(arguments.env(), static_cast<double>(arguments.lease(0).database().dropHistory().watches()));
}

}  // namespace

void exportTrim(napi_env env, napi_value exports) {
  exportFunction<trim>(env, exports, "trim");
  exportFunction<drop>(env, exports, "drop");
  exportFunction<deleteRangeUnlessDropped>(env, exports, "deleteRangeUnlessDropped");
  exportFunction<drops>(env, exports, "drops");
  exportFunction<droppedSince>(env, exports, "droppedSince");
  exportFunction<watch>(env, exports, "watch");
  exportFunction<unwatch>(env, exports, "unwatch");
  exportFunction<watchAnew>(env, exports, "watchAnew");
  exportFunction<sawDrop>(env, exports, "sawDrop");
  exportFunction<watches>(env, exports, "watches");
}

}  // namespace shale

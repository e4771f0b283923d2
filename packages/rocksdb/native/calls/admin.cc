// The calls that may take long and so return promises: syncWal, flush, compactRange, deleteFilesInRanges, approximateSizes,
// checkpoint, resume.
#include <rocksdb/convenience.h>
#include <rocksdb/utilities/checkpoint.h>

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "calls/calls.h"
#include "napi/entry.h"
#include "napi/operation.h"

namespace shale {

namespace {

// syncWal(handle): what has been written so far survives a crash of the machine.
napi_value syncWal(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  lease.database().assertWritable();
  return startDatabaseOperation(arguments.env(), lease.forCall(), Duration::kBrief, [](SharedDatabase& database) {
    const DatabaseGuard guard(database);
    database.assertWritable();
    guard.sync();
  });
}

// flush(handle): the memtable goes to a table file.
napi_value flush(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  lease.database().assertWritable();
  return startDatabaseOperation(arguments.env(), lease.forCall(), Duration::kBrief, [](SharedDatabase& database) {
    const DatabaseGuard guard(database);
    database.assertWritable();
    throwIfFailed(guard.db().Flush(rocksdb::FlushOptions()), guard.path());
  });
}

rocksdb::BottommostLevelCompaction bottommostOf(const std::string& name) {
  if (name == "skip") return rocksdb::BottommostLevelCompaction::kSkip;
  if (name == "ifHaveCompactionFilter") return rocksdb::BottommostLevelCompaction::kIfHaveCompactionFilter;
  if (name == "force") return rocksdb::BottommostLevelCompaction::kForce;
  if (name == "forceOptimized") return rocksdb::BottommostLevelCompaction::kForceOptimized;
  throwRangeError("bottommost", "one of skip, ifHaveCompactionFilter, force, forceOptimized");
}

// compactRange(handle, lower | undefined, upper | undefined, bottommost)
napi_value compactRange(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  lease.database().assertWritable();
  const auto bottommost = bottommostOf(arguments.string(3, "bottommost"));
  const bool fromStart = arguments.isUndefined(1);
  const bool toEnd = arguments.isUndefined(2);
  const std::string lower = fromStart ? "" : arguments.bytes(1, "lower").slice().ToString();
  const std::string upper = toEnd ? "" : arguments.bytes(2, "upper").slice().ToString();
  if (!fromStart && !toEnd && lower > upper) throwRangeError("upper", "not below lower");
  return startDatabaseOperation(arguments.env(), lease.forCall(), Duration::kLengthy, [=](SharedDatabase& database) {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = bottommost;
    options.exclusive_manual_compaction = false;
    const rocksdb::Slice begin(lower);
    const rocksdb::Slice end(upper);
    for (;;) {
      database.cancellableCalls().awaitEnd();
      // RocksDB also sets it when it is about to be reopened, so each attempt has its own.
      std::atomic<bool> cancelled{false};
      const CancellableCalls::Call running(database.cancellableCalls(), [&] {
        cancelled = true;
        database.compactionTurns().wake();
      });
      if (database.cancelled()) cancelled = true;
      options.canceled = &cancelled;
      rocksdb::Status status = rocksdb::Status::Incomplete(rocksdb::Status::SubCode::kManualCompactionPaused);
      if (const CompactionTurns::Range turn(database.compactionTurns(), cancelled); turn.has()) {
        const DatabaseGuard guard(database);
        database.assertWritable();
        status = guard.db().CompactRange(options, guard.db().DefaultColumnFamily(), fromStart ? nullptr : &begin,
                                       toEnd ? nullptr : &end);
      }
      // resume(), and a trim on a full disk, need the RocksDB for themselves: it goes on with the next one.
      if (status.IsIncomplete() && !database.cancelled()) continue;
      throwIfFailed(status, database.path());
      database.awaitDeletions();
      return;
    }
  });
}

using OwnedRange = std::pair<std::string, std::string>;

// Calls `take` with each [lower, upper] of the array that argument `index` is, and with the element itself.
template <class Take>
void forEachRange(const Arguments& arguments, size_t index, Take take) {
  const napi_env env = arguments.env();
  bool isArray = false;
  check(napi_is_array(env, arguments.raw(index), &isArray));
  if (!isArray) throwTypeError("ranges", "an array of [lower, upper]");
  uint32_t count = 0;
  check(napi_get_array_length(env, arguments.raw(index), &count));
  for (uint32_t i = 0; i < count; i++) {
    const HandleScope scope(env);
    napi_value element;
    napi_value ends[2];
    check(napi_get_element(env, arguments.raw(index), i, &element));
    check(napi_is_array(env, element, &isArray));
    if (!isArray) throwTypeError("ranges", "an array of [lower, upper]");
    for (uint32_t j = 0; j < 2; j++) check(napi_get_element(env, element, j, &ends[j]));
    OwnedRange range(arguments.bytes(ends[0], "lower").slice().ToString(),
                     arguments.bytes(ends[1], "upper").slice().ToString());
    if (range.first > range.second) throwRangeError("upper", "not below lower");
    take(std::move(range), element);
  }
}

// The type of a range differs between versions of RocksDB: pointers to slices once, optional slices later.
template <class RangeType>
rocksdb::Status callDeleteFilesInRanges(rocksdb::Status (*function)(rocksdb::DB*, rocksdb::ColumnFamilyHandle*,
                                                                    const RangeType*, size_t, bool),
                                        rocksdb::DB& db, const std::vector<OwnedRange>& ranges) {
  std::vector<std::pair<rocksdb::Slice, rocksdb::Slice>> slices(ranges.begin(), ranges.end());
  std::vector<RangeType> converted;
  for (const auto& slice : slices) {
    if constexpr (std::is_constructible_v<RangeType, const rocksdb::Slice*, const rocksdb::Slice*>) {
      converted.emplace_back(&slice.first, &slice.second);
    } else {
      converted.emplace_back(slice.first, slice.second);
    }
  }
  return function(&db, db.DefaultColumnFamily(), converted.data(), converted.size(), false);
}

// deleteFilesInRanges(handle, [lower, upper][], undefined): drops the table files that lie in a range with all their
// keys. deleteFilesInRanges(handle, [lower, upper, metaKey][], since): only while the range's table is not dropped.
napi_value deleteFilesInRanges(const Arguments& arguments) {
  const napi_env env = arguments.env();
  Lease& lease = arguments.lease(0);
  const bool guarded = !arguments.isUndefined(2);
  const uint64_t since = guarded ? arguments.bigint(2, "since") : 0;
  std::vector<OwnedRange> asked;
  std::vector<std::string> metaKeys;
  forEachRange(arguments, 1, [&](OwnedRange range, napi_value element) {
    napi_value metaKey;
    check(napi_get_element(env, element, 2, &metaKey));
    std::string key = guarded ? arguments.bytes(metaKey, "metaKey").slice().ToString() : "";
    if (range.first == range.second) return;
    asked.push_back(std::move(range));
    metaKeys.push_back(std::move(key));
  });
  return startDatabaseOperation(env, lease.forCall(), Duration::kLengthy, [=](SharedDatabase& database) {
    database.makeTrimmable();
    {
      const DatabaseGuard guard(database);
      // No table is dropped, and so none begins again, from here until the files are out of the database.
      std::shared_lock<std::shared_mutex> gate(database.dropHistory().mutex(), std::defer_lock);
      std::vector<OwnedRange> ranges;
      if (guarded) gate.lock();
      for (size_t i = 0; i < asked.size(); i++) {
        if (!guarded || !database.dropHistory().since(since, metaKeys[i])) ranges.push_back(asked[i]);
      }
      if (ranges.empty()) return;
      throwIfFailed(callDeleteFilesInRanges(&rocksdb::DeleteFilesInRanges, guard.db(), ranges), guard.path());
      database.keptScans().clear();
    }
    database.awaitDeletions();
    database.refillReserve();
  });
}

constexpr size_t kMostRanges = 65536;

// approximateSizes(handle, [lower, upper][], withMemory): Promise<Uint8Array>, about how many bytes of table files each range
// takes, as doubles, and with those in memory.
napi_value approximateSizes(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  lease.database();
  const bool withMemory = arguments.boolean(2, "memory");
  auto ranges = std::make_shared<std::vector<OwnedRange>>();
  forEachRange(arguments, 1, [&](OwnedRange range, napi_value) {
    if (ranges->size() == kMostRanges) throwRangeError("ranges", "at most 65536");
    ranges->push_back(std::move(range));
  });
  auto held = std::make_shared<Reference>(lease.forCall());
  const std::string path = (*held)->path();
  return startOperation(arguments.env(), path, Duration::kBrief, [=]() -> Finish {
    std::vector<rocksdb::Range> asked;
    for (const auto& [lower, upper] : *ranges) asked.emplace_back(lower, upper);
    std::vector<uint64_t> sizes(asked.size());
    rocksdb::SizeApproximationOptions options;
    options.include_files = true;
    options.include_memtables = withMemory;
    const DatabaseGuard guard(**held);
    throwIfFailed(guard.db().GetApproximateSizes(options, guard.db().DefaultColumnFamily(), asked.data(),
                                                 static_cast<int>(asked.size()), sizes.data()),
                  guard.path());
    auto bytes = std::make_shared<std::vector<double>>(sizes.begin(), sizes.end());
    return [bytes](napi_env env) {
      return makeBytes(env, reinterpret_cast<const char*>(bytes->data()), bytes->size() * sizeof(double));
    };
  });
}

// checkpoint(handle, directory): a consistent copy that can be opened by itself; hard links where possible. RocksDB has
// no way to end it early, so on a full disk a trim waits for it: that is long only if files have to be copied.
napi_value checkpoint(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  lease.database();
  const std::string directory = arguments.string(1, "directory");
  return startDatabaseOperation(arguments.env(), lease.forCall(), Duration::kLengthy, [directory](SharedDatabase& database) {
    rocksdb::Checkpoint* raw = nullptr;
    const DatabaseGuard guard(database);
    throwIfFailed(rocksdb::Checkpoint::Create(&guard.db(), &raw), guard.path());
    const std::unique_ptr<rocksdb::Checkpoint> owned(raw);
    throwIfFailed(owned->CreateCheckpoint(directory), directory);
  });
}

// resume(handle): after a full disk has room again, or any other background error that RocksDB can leave behind.
napi_value resume(const Arguments& arguments) {
  return startDatabaseOperation(arguments.env(), arguments.lease(0).forCall(), Duration::kBrief,
                                [](SharedDatabase& database) { database.resume(); });
}

}  // namespace

void exportAdmin(napi_env env, napi_value exports) {
  exportFunction<syncWal>(env, exports, "syncWal");
  exportFunction<flush>(env, exports, "flush");
  exportFunction<compactRange>(env, exports, "compactRange");
  exportFunction<deleteFilesInRanges>(env, exports, "deleteFilesInRanges");
  exportFunction<approximateSizes>(env, exports, "approximateSizes");
  exportFunction<checkpoint>(env, exports, "checkpoint");
  exportFunction<resume>(env, exports, "resume");
}

}  // namespace shale

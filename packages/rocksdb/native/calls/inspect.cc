// What can be asked about a database: properties, statistics, sizes, files.
#include <rocksdb/metadata.h>

#include <map>
#include <string>
#include <vector>

#include "calls/calls.h"
#include "napi/entry.h"

namespace shale {

namespace {

// property(handle, name): string | null
napi_value property(const Arguments& arguments) {
  const DatabaseGuard guard(arguments.lease(0).database());
  const std::string name = arguments.string(1, "name");
  std::string value;
  if (!guard.db().GetProperty(name, &value)) return makeNull(arguments.env());
  return makeString(arguments.env(), value);
}

// intProperty(handle, name): bigint | null
napi_value intProperty(const Arguments& arguments) {
  const DatabaseGuard guard(arguments.lease(0).database());
  const std::string name = arguments.string(1, "name");
  uint64_t value = 0;
  if (!guard.db().GetIntProperty(name, &value)) return makeNull(arguments.env());
  return makeBigInt(arguments.env(), value);
}

// statistics(handle): { tickers, text } | null
napi_value statistics(const Arguments& arguments) {
  const napi_env env = arguments.env();
  rocksdb::Statistics* statistics = arguments.lease(0).database().statistics();
  if (statistics == nullptr) return makeNull(env);
  std::map<std::string, uint64_t> values;
  statistics->getTickerMap(&values);
  napi_value tickers = makeObject(env);
  for (const auto& item : values) {
    setNumber(env, tickers, item.first.c_str(), item.second);
  }
  napi_value result = makeObject(env);
  setProperty(env, result, "tickers", tickers);
  setProperty(env, result, "text", makeString(env, statistics->ToString()));
  return result;
}

// approximateSize(handle, lower, upper): number
napi_value approximateSize(const Arguments& arguments) {
  const DatabaseGuard guard(arguments.lease(0).database());
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  options.include_files = true;
  const KeyRange range = keyRange(arguments, 1);
  const rocksdb::Range asked(range.lower, range.upper);
  uint64_t size = 0;
  if (!range.empty()) {
    throwIfFailed(guard.db().GetApproximateSizes(options, guard.db().DefaultColumnFamily(), &asked, 1, &size),
                  guard.path());
  }
  return makeNumber(arguments.env(), static_cast<double>(size));
}

// liveFiles(handle): { name, level, size, smallest, largest, entries, deletions }[]
napi_value liveFiles(const Arguments& arguments) {
  const napi_env env = arguments.env();
  const DatabaseGuard guard(arguments.lease(0).database());
  std::vector<rocksdb::LiveFileMetaData> files;
  guard.db().GetLiveFilesMetaData(&files);
  return makeArray(env, files, [env](const rocksdb::LiveFileMetaData& file) {
    napi_value item = makeObject(env);
    setProperty(env, item, "name", makeString(env, file.relative_filename));
    setProperty(env, item, "level", makeNumber(env, file.level));
    setNumber(env, item, "size", file.size);
    setBytes(env, item, "smallest", file.smallestkey);
    setBytes(env, item, "largest", file.largestkey);
    setNumber(env, item, "entries", file.num_entries);
    setNumber(env, item, "deletions", file.num_deletions);
    return item;
  });
}

// unreadableFiles(handle): string, JSON
napi_value unreadableFiles(const Arguments& arguments) {
  return makeString(arguments.env(), arguments.lease(0).database().unreadableFiles());
}

// stalls(handle): string, JSON
napi_value stalls(const Arguments& arguments) {
  const DatabaseGuard guard(arguments.lease(0).database());
  return makeString(arguments.env(), guard.stalls());
}

// latestSequence(handle): bigint
napi_value latestSequence(const Arguments& arguments) {
  const DatabaseGuard guard(arguments.lease(0).database());
  return makeBigInt(arguments.env(), guard.db().GetLatestSequenceNumber());
}

// syncedSequence(handle): bigint
napi_value syncedSequence(const Arguments& arguments) {
  return makeBigInt(arguments.env(), arguments.lease(0).database().syncedSequence());
}

// identity(handle): string. Which database it is: RocksDB makes one up for each, and a copy by RocksDB's own means, as
// by checkpoint or from a backup, gets another one.
napi_value identity(const Arguments& arguments) {
  const DatabaseGuard guard(arguments.lease(0).database());
  std::string identity;
  throwIfFailed(guard.db().GetDbIdentity(identity), guard.path());
  return makeString(arguments.env(), identity);
}

}  // namespace

void exportInspect(napi_env env, napi_value exports) {
  exportFunction<property>(env, exports, "property");
  exportFunction<intProperty>(env, exports, "intProperty");
  exportFunction<statistics>(env, exports, "statistics");
  exportFunction<approximateSize>(env, exports, "approximateSize");
  exportFunction<liveFiles>(env, exports, "liveFiles");
  exportFunction<unreadableFiles>(env, exports, "unreadableFiles");
  exportFunction<stalls>(env, exports, "stalls");
  exportFunction<latestSequence>(env, exports, "latestSequence");
  exportFunction<syncedSequence>(env, exports, "syncedSequence");
  exportFunction<identity>(env, exports, "identity");
}

}  // namespace shale

// scan and ends: the hot way out. Each call makes an iterator and closes it again, so that none can outlive anything.
#include <rocksdb/iterator.h>

#include <limits>
#include <optional>
#include <string>

#include "calls/beside_damage.h"
#include "calls/calls.h"
#include "calls/chunk_result.h"
#include "database/chunk_scan.h"
#include "napi/entry.h"

namespace shale {

namespace {

// scan(handle, lower, upper, into, reverse, maxEntries, snapshot, fillCache, verifyChecksums): ScanResult
napi_value scan(const Arguments& arguments) {
  const napi_env env = arguments.env();
  const DatabaseGuard guard(arguments.lease(0).database());
  const bool reverse = arguments.boolean(4, "reverse");
  const size_t maxEntries = arguments.integer(5, "maxEntries", 1, std::numeric_limits<uint32_t>::max());
  rocksdb::ReadOptions options = arguments.readOptions(6, guard);
  options.fill_cache = arguments.boolean(7, "fillCache");
  options.verify_checksums = arguments.boolean(8, "verifyChecksums");
  const KeyRange range = keyRange(arguments, 1);
  const Bytes into = arguments.target(3, "into");

  Chunk chunk;
  {
    const auto iterator = guard.iterate(range, options);
    chunk = scanInto(*iterator, into, {maxEntries, reverse});
    if (guard.endsEarly(*iterator, chunk.entries > 0)) chunk.more = true;
  }

  napi_value result = makeObject(env);
  setChunk(env, result, chunk);
  if (chunk.foreign) {
    napi_value described = makeObject(env);
    const ForeignRecord& record = *chunk.foreign;
    setProperty(env, described, "key", makeBytes(env, record.key.data(), record.key.size()));
    setProperty(env, described, "reason", makeString(env, record.reason));
    setProperty(env, described, "valueHead", makeBytes(env, record.head.data(), record.head.size()));
    setProperty(env, result, "foreign", described);
  }
  return result;
}

// ends(handle, lower, upper, snapshot): { first, last }
napi_value ends(const Arguments& arguments) {
  const napi_env env = arguments.env();
  const DatabaseGuard guard(arguments.lease(0).database());
  const rocksdb::ReadOptions options = arguments.readOptions(3, guard);
  const KeyRange range = keyRange(arguments, 1);

  std::optional<std::string> first;
  std::optional<std::string> last;
  {
    const auto iterator = guard.iterate(range, options);
    iterator->SeekToLast();
    if (iterator->Valid()) {
      last = iterator->key().ToString();
      iterator->SeekToFirst();
      if (iterator->Valid()) first = iterator->key().ToString();
    }
    throwIfFailed(iterator->status(), guard.path());
  }

  napi_value result = makeObject(env);
  setBytes(env, result, "first", first);
  setBytes(env, result, "last", last);
  return result;
}

}  // namespace

void exportScan(napi_env env, napi_value exports) {
  exportFunction<besideDamage<scan>>(env, exports, "scan");
  exportFunction<besideDamage<ends>>(env, exports, "ends");
}

}  // namespace shale

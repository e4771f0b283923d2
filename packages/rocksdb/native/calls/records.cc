// get and records: the ways to read what is not a log entry, such as metadata.
#include <rocksdb/iterator.h>

#include <limits>
#include <string>

#include "calls/calls.h"
#include "core/format.h"
#include "napi/entry.h"

namespace shale {

namespace {

// get(handle, key, snapshot): Uint8Array | null
napi_value get(const Arguments& arguments) {
  Lease& lease = arguments.lease(0);
  const Use use(lease.database());
  rocksdb::ReadOptions options;
  options.snapshot = arguments.snapshot(2, lease, use);
  rocksdb::PinnableSlice value;
  const Bytes key = arguments.bytes(1, "key");
  const rocksdb::Status status =
      use.db().Get(options, use.db().DefaultColumnFamily(), key.slice(), &value);
  if (status.IsNotFound()) return makeNull(arguments.env());
  throwIfFailed(status, use.path());
  return makeBytes(arguments.env(), value.data(), value.size());
}

// records(handle, lower, upper, into, maxRecords, snapshot): { count, byteLength, more, resumeAt, neededBytes }
// Each record: key length u32 LE · value length u32 LE · key · value.
napi_value records(const Arguments& arguments) {
  const napi_env env = arguments.env();
  Lease& lease = arguments.lease(0);
  const Use use(lease.database());
  const size_t most = arguments.integer(4, "maxRecords", 1, std::numeric_limits<uint32_t>::max());
  rocksdb::ReadOptions options;
  options.snapshot = arguments.snapshot(5, lease, use);
  options.background_purge_on_iterator_cleanup = true;
  const KeyRange range = keyRange(arguments, 1);
  const Bytes into = arguments.target(3, "into");
  options.iterate_lower_bound = &range.lower;
  options.iterate_upper_bound = &range.upper;

  size_t count = 0;
  size_t used = 0;
  size_t neededBytes = 0;
  bool more = false;
  std::string resumeAt;
  std::string lastKey;
  {
    const auto iterator = use.iterate(options);
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      const rocksdb::Slice key = iterator->key();
      const rocksdb::Slice value = iterator->value();
      const size_t size = 8 + key.size() + value.size();
      if (count == most || size > into.size - used) {
        more = true;
        resumeAt = key.ToString();
        if (count == 0) neededBytes = size;
        break;
      }
      uint8_t* record = into.data + used;
      storeU32LE(record, static_cast<uint32_t>(key.size()));
      storeU32LE(record + 4, static_cast<uint32_t>(value.size()));
      std::memcpy(record + 8, key.data(), key.size());
      std::memcpy(record + 8 + key.size(), value.data(), value.size());
      used += size;
      count++;
      lastKey.assign(key.data(), key.size());
    }
    // What was read before something that cannot be is whole. The next call begins there and fails.
    if (count > 0 && !iterator->status().ok()) {
      more = true;
      resumeAt = lastKey + '\0';
    } else {
      throwIfFailed(iterator->status(), use.path());
    }
  }

  napi_value result = makeObject(env);
  setProperty(env, result, "count", makeNumber(env, static_cast<double>(count)));
  setProperty(env, result, "byteLength", makeNumber(env, static_cast<double>(used)));
  setProperty(env, result, "more", makeBoolean(env, more));
  setProperty(env, result, "neededBytes", makeNumber(env, static_cast<double>(neededBytes)));
  setProperty(env, result, "resumeAt", more ? makeBytes(env, resumeAt.data(), resumeAt.size()) : makeNull(env));
  return result;
}

}  // namespace

void exportRecords(napi_env env, napi_value exports) {
  exportFunction<get>(env, exports, "get");
  exportFunction<records>(env, exports, "records");
}

}  // namespace shale

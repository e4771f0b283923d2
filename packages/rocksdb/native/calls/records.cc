// get and records: the ways to read what is not a log entry, such as metadata.
#include <rocksdb/iterator.h>

#include <limits>
#include <optional>
#include <string>

#include "calls/beside_damage.h"
#include "calls/calls.h"
#include "core/format.h"
#include "napi/entry.h"

namespace shale {

namespace {

// get(handle, key, snapshot): Uint8Array | null
napi_value get(const Arguments& arguments) {
  const DatabaseGuard guard(arguments.lease(0).database());
  const rocksdb::ReadOptions options = arguments.readOptions(2, guard);
  rocksdb::PinnableSlice value;
  const Bytes key = arguments.bytes(1, "key");
  if (!guard.get(options, key.slice(), &value)) return makeNull(arguments.env());
  return makeBytes(arguments.env(), value.data(), value.size());
}

// records(handle, lower, upper, into, maxRecords, snapshot): { count, byteLength, more, resumeAt, neededBytes }
// Each record: key length u32 LE · value length u32 LE · key · value.
napi_value records(const Arguments& arguments) {
  const napi_env env = arguments.env();
  const DatabaseGuard guard(arguments.lease(0).database());
  const size_t most = arguments.integer(4, "maxRecords", 1, std::numeric_limits<uint32_t>::max());
  const rocksdb::ReadOptions options = arguments.readOptions(5, guard);
  const KeyRange range = keyRange(arguments, 1);
  const Bytes into = arguments.target(3, "into");

  size_t count = 0;
  size_t used = 0;
  size_t neededBytes = 0;
  std::optional<std::string> resumeAt;
  std::string lastKey;
  {
    const auto iterator = guard.iterate(range, options);
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      const rocksdb::Slice key = iterator->key();
      const rocksdb::Slice value = iterator->value();
      const size_t size = 8 + key.size() + value.size();
      if (count == most || size > into.size - used) {
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
    if (guard.endsEarly(*iterator, count > 0)) resumeAt = lastKey + '\0';
  }

  napi_value result = makeObject(env);
  setNumber(env, result, "count", count);
  setNumber(env, result, "byteLength", used);
  setProperty(env, result, "more", makeBoolean(env, resumeAt.has_value()));
  setNumber(env, result, "neededBytes", neededBytes);
  setBytes(env, result, "resumeAt", resumeAt);
  return result;
}

}  // namespace

void exportRecords(napi_env env, napi_value exports) {
  exportFunction<get>(env, exports, "get");
  exportFunction<besideDamage<records>>(env, exports, "records");
}

}  // namespace shale

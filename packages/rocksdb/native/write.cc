// write and put: the hot way in. One call is one WriteBatch is one write of RocksDB's log.
#include <rocksdb/write_batch.h>

#include <limits>

#include "entry.h"
#include "format.h"

namespace shale {

namespace {

// A WriteBatch holds less than 4 GiB; its own records and RocksDB's framing need some of it.
constexpr size_t kMostBytes = size_t{3} << 30;
// Around each entry in a batch: tag, two lengths, key.
constexpr size_t kEntryOverhead = 1 + 1 + kLogKeyLength + 5;

// Everything that could be wrong is found before the first byte is written.
size_t checkGroups(const Bytes& groups) {
  if (groups.size % kGroupStride != 0) throwRangeError("groups", "a multiple of 32 bytes");
  size_t entries = 0;
  for (size_t at = 0; at < groups.size; at += kGroupStride) {
    const uint8_t* group = groups.data + at;
    const uint8_t flags = group[kGroupFlagsAt];
    if (group[kGroupVersionAt] != kVersion) throwRangeError("groups", "of key version 0");
    if ((flags & ~(kGroupSkip | kGroupDescending)) != 0 || group[kGroupReservedAt] != 0) {
      throwRangeError("groups", "free of unknown flags");
    }
    const uint32_t count = loadU32LE(group + kGroupCountAt);
    const uint64_t first = loadU64LE(group + kGroupFirstAt);
    if (count > 0 && (flags & kGroupSkip) == 0) {
      const uint64_t room =
          (flags & kGroupDescending) != 0 ? first : std::numeric_limits<uint64_t>::max() - first;
      if (count - 1 > room) throwRangeError("groups", "within the sequences from 0 to 2^64 - 1");
    }
    entries += count;
  }
  return entries;
}

void checkLengths(const Bytes& lengths, const Bytes& data) {
  size_t total = 0;
  for (size_t at = 0; at < lengths.size; at += 4) {
    const uint32_t length = loadU32LE(lengths.data + at);
    if (length < 1) throwRangeError("lengths", "at least 1 each, the version byte of the value");
    if (length > data.size - total) throwRangeError("lengths", "as long in all as data");
    if (data.data[total] != kVersion) throwRangeError("data", "made of values of version 0");
    total += length;
  }
  if (total != data.size) throwRangeError("lengths", "as long in all as data");
}

// write(handle, groups, lengths, data, sync)
napi_value write(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const Use use(database);
  const bool sync = arguments.boolean(4, "sync");
  const Bytes groups = arguments.bytes(1, "groups");
  const Bytes lengths = arguments.bytes(2, "lengths");
  const Bytes data = arguments.bytes(3, "data");
  database.assertWritable();

  if (lengths.size % 4 != 0) throwRangeError("lengths", "a multiple of 4 bytes");
  const size_t entries = lengths.size / 4;
  if (checkGroups(groups) != entries) throwRangeError("groups", "of as many entries in all as there are lengths");
  if (data.size + entries * kEntryOverhead > kMostBytes) throwRangeError("data", "less than 3 GiB");
  checkLengths(lengths, data);

  rocksdb::WriteBatch batch(data.size + entries * kEntryOverhead + 16);
  char key[kLogKeyLength];
  key[kLogKeyVersionAt] = static_cast<char>(kVersion);
  const uint8_t* length = lengths.data;
  const char* value = reinterpret_cast<const char*>(data.data);
  for (size_t at = 0; at < groups.size; at += kGroupStride) {
    const uint8_t* group = groups.data + at;
    const uint32_t count = loadU32LE(group + kGroupCountAt);
    const uint8_t flags = group[kGroupFlagsAt];
    if ((flags & kGroupSkip) != 0) {
      for (uint32_t i = 0; i < count; i++, length += 4) value += loadU32LE(length);
      continue;
    }
    const uint64_t step = (flags & kGroupDescending) != 0 ? ~uint64_t{0} : 1;
    uint64_t sequence = loadU64LE(group + kGroupFirstAt);
    std::memcpy(key, group, kLogKeyPrefixLength);
    for (uint32_t i = 0; i < count; i++, length += 4, sequence += step) {
      const uint32_t size = loadU32LE(length);
      storeU64BE(key + kLogKeyPrefixLength, sequence);
      throwIfFailed(batch.Put(rocksdb::Slice(key, sizeof(key)), rocksdb::Slice(value, size)), database.path());
      value += size;
    }
  }
  if (batch.Count() > 0) use.write(batch, sync);
  return makeUndefined(arguments.env());
}

// put(handle, key, value, sync)
napi_value put(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const Use use(database);
  const bool sync = arguments.boolean(3, "sync");
  const Bytes key = arguments.bytes(1, "key");
  const Bytes value = arguments.bytes(2, "value");
  database.assertWritable();
  if (key.size == 0) throwRangeError("key", "at least one byte long");
  if (key.size > kMostBytes || value.size > kMostBytes - key.size) throwRangeError("value", "less than 3 GiB");

  rocksdb::WriteBatch batch;
  throwIfFailed(batch.Put(key.slice(), value.slice()), database.path());
  use.write(batch, sync);
  return makeUndefined(arguments.env());
}

}  // namespace

void exportWrite(napi_env env, napi_value exports) {
  exportFunction<write>(env, exports, "write");
  exportFunction<put>(env, exports, "put");
}

}  // namespace shale

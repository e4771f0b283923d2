// write and put: the hot way in. One call is one WriteBatch is one write of RocksDB's log.
#include <rocksdb/write_batch.h>

#include "entry.h"
#include "format.h"
#include "write_entries.h"

namespace shale {

namespace {

ByteView viewOf(const Bytes& bytes) { return ByteView{bytes.data, bytes.size}; }

// write(handle, groups, lengths, data, sync)
napi_value write(const Arguments& arguments) {
  SharedDatabase& database = arguments.lease(0).database();
  const Use use(database);
  const bool sync = arguments.boolean(4, "sync");
  const ByteView groups = viewOf(arguments.bytes(1, "groups"));
  const ByteView lengths = viewOf(arguments.bytes(2, "lengths"));
  const ByteView data = viewOf(arguments.bytes(3, "data"));
  database.assertWritable();
  if (const auto problem = checkWrite(groups, lengths, data)) throwRangeError(problem->argument, problem->expectation);

  rocksdb::WriteBatch batch(data.size + lengths.size / 4 * kEntryOverhead + 16);
  forEachEntry(groups, lengths, data, [&](const char* key, const char* value, uint32_t size) {
    throwIfFailed(batch.Put(rocksdb::Slice(key, kLogKeyLength), rocksdb::Slice(value, size)), database.path());
  });
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

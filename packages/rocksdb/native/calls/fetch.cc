// fetch, peek and peekChunk: reads for a thread that must not wait for a disk. fetch works on a thread of the addon's own, the
// others look at what is in memory.
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "calls/calls.h"
#include "calls/chunk_result.h"
#include "core/format.h"
#include "database/fetch.h"
#include "napi/entry.h"
#include "napi/environment.h"
#include "napi/operation.h"

namespace shale {

namespace {

// Everything that a fetch owns until it has run.
struct FetchJob {
  Reference reference;
  FetchRequest request;
  Bytes into;
  std::shared_ptr<BufferUse> buffers;
};

Finish runFetch(FetchJob& job) {
  const BufferUse::Hold hold(*job.buffers);
  if (!hold) throw DatabaseError{"ROCKSDB_CLOSED", "The thread that asked has ended"};
  Fetched fetched = fetch(*job.reference, job.request, job.into, [&] { return job.buffers->closed(); });
  return [fetched = std::move(fetched)](napi_env env) {
    napi_value result = makeObject(env);
    setChunk(env, result, fetched.chunk);
    setProperty(env, result, "foreign", makeBoolean(env, fetched.chunk.foreign.has_value()));
    setProperty(env, result, "dropped", makeBoolean(env, fetched.dropped));
    setBytes(env, result, "tooLarge", fetched.tooLarge);
    setBytes(env, result, "last", fetched.last);
    return result;
  };
}

// fetch(handle, lower, upper, into, maxEntries, watch, begins, enough, fillCache): Promise<FetchResult>
napi_value fetchChunk(const Arguments& arguments) {
  const napi_env env = arguments.env();
  auto job = std::make_shared<FetchJob>();
  job->reference = arguments.lease(0).forCall();
  FetchRequest& request = job->request;
  request.maxEntries = arguments.integer(4, "maxEntries", 1, std::numeric_limits<uint32_t>::max());
  if (!arguments.isUndefined(5)) request.watch = arguments.bigint(5, "watch");
  request.begins = arguments.boolean(6, "begins");
  request.enough = arguments.integer(7, "enough", 0, std::numeric_limits<uint32_t>::max());
  request.fillCache = arguments.boolean(8, "fillCache");
  const KeyRange range = keyRange(arguments, 1);
  request.lower = range.lower.ToString();
  request.upper = range.upper.ToString();
  job->into = arguments.target(3, "into");
  job->buffers = Environment::of(env).buffers();
  const std::string path = job->reference->path();
  return startOperation(
      env, path, Duration::kRead, [job]() -> Finish { return runFetch(*job); }, arguments.raw(3));
}

// peek(handle, key): Uint8Array | null | false; false where it takes more than a look into memory
napi_value peek(const Arguments& arguments) {
  const napi_env env = arguments.env();
  const DatabaseGuard guard(arguments.lease(0).database(), std::try_to_lock);
  if (!guard.held()) return makeBoolean(env, false);
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kBlockCacheTier;
  rocksdb::PinnableSlice value;
  const Bytes key = arguments.bytes(1, "key");
  const rocksdb::Status status = guard.db().Get(options, guard.db().DefaultColumnFamily(), key.slice(), &value);
  if (status.IsNotFound()) return makeNull(env);
  if (!status.ok() || value.size() < 1 || value[0] != static_cast<char>(kVersion)) return makeBoolean(env, false);
  return makeBytes(env, value.data() + 1, value.size() - 1);
}

// peekChunk(handle, lower, upper, into, maxEntries, watch): ChunkResult | false; false where it takes more than a look into
// memory
napi_value peekEntries(const Arguments& arguments) {
  const napi_env env = arguments.env();
  SharedDatabase& database = arguments.lease(0).database();
  const size_t maxEntries = arguments.integer(4, "maxEntries", 1, std::numeric_limits<uint32_t>::max());
  const uint64_t watch = arguments.bigint(5, "watch");
  const KeyRange range = keyRange(arguments, 1);
  const std::optional<Chunk> chunk = peekChunk(database, range, arguments.target(3, "into"), maxEntries, watch);
  if (!chunk) return makeBoolean(env, false);
  napi_value result = makeObject(env);
  setChunk(env, result, *chunk);
  return result;
}

}  // namespace

void exportFetch(napi_env env, napi_value exports) {
  exportFunction<fetchChunk>(env, exports, "fetch");
  exportFunction<peek>(env, exports, "peek");
  exportFunction<peekEntries>(env, exports, "peekChunk");
}

}  // namespace shale

// Reads the arguments of a call, checking every one. Order matters: read buffers last. Nothing that could run
// JavaScript or collect garbage may happen between taking a buffer's address and the end of its use.
#pragma once

#include <node_api.h>
#include <rocksdb/options.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.h"
#include "database/lease.h"

namespace shale {

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  napi_value raw(size_t index) const { return values_[index]; }

  // The handle of an open database; throws ROCKSDB_CLOSED.
  Lease& lease(size_t index) const;
  // The same, but it may be closed.
  Lease& leaseMaybeClosed(size_t index) const;
  // For a read of the database that argument 0 is: by a snapshot of it and of the RocksDB in use, or undefined.
  rocksdb::ReadOptions readOptions(size_t snapshot, const DatabaseGuard& guard) const;
  SnapshotHold& snapshotHold(size_t index) const;

  bool boolean(size_t index, const char* name) const;
  uint32_t integer(size_t index, const char* name, uint32_t smallest, uint32_t largest) const;
  uint64_t bigint(size_t index, const char* name) const;
  std::string string(size_t index, const char* name) const;
  bool isUndefined(size_t index) const;

  // A Uint8Array over an ArrayBuffer that is neither shared nor detached.
  Bytes bytes(size_t index, const char* name) const;
  Bytes bytes(napi_value value, const char* name) const;
  // The same, or the ArrayBuffer itself.
  Bytes target(size_t index, const char* name) const;

 private:
  static constexpr size_t kMost = 12;

  napi_env env_;
  napi_value values_[kMost];
};

// Two arguments; lower must not be above upper.
KeyRange keyRange(const Arguments& arguments, size_t lowerIndex);

// Objects that JavaScript holds for us.
napi_value wrapLease(napi_env env, std::unique_ptr<Lease> lease);
napi_value wrapSnapshot(napi_env env, Lease& lease);

}  // namespace shale

// Failures of the database as data, and their way into a RocksDBError.
#pragma once

#include <node_api.h>
#include <rocksdb/status.h>

#include <string>

namespace shale {

// Thrown inside the addon; becomes a RocksDBError at the boundary. Plain data, so that it can also be carried from
// a pool thread to the thread of the promise.
struct DatabaseError {
  std::string code;  // 'ROCKSDB_…'
  std::string message;
  std::string subcode = "none";
  std::string severity = "none";
  std::string path;  // empty: not known
  std::string recovery = {};  // empty, or what an opening has found, as JSON
};

// What a failed status of RocksDB means to the caller.
DatabaseError errorFromStatus(const rocksdb::Status& status, const std::string& path);
void throwIfFailed(const rocksdb::Status& status, const std::string& path);

// What a failed call of the operating system means to the caller, where it was not about something missing.
const char* codeOfErrno(int error);

// A full disk is a state that can be resumed, not a fault of the device.
bool isNoSpace(const rocksdb::Status& status);

// The process or the machine has no file descriptors or no memory left to open a file with. That passes, too.
bool isOutOfResources(const rocksdb::Status& status);

// Creates the RocksDBError; may throw PendingException.
napi_value makeDatabaseError(napi_env env, const DatabaseError& error);

}  // namespace shale

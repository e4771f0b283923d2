// Failures as values: of the database, and of a caller.
#pragma once

#include <rocksdb/status.h>

#include <string>
#include <string_view>

namespace shale {

// Becomes a RocksDBError in JavaScript. Plain data, so that it can also be carried from a pool thread to the thread of
// the promise.
struct DatabaseError {
  std::string code;  // 'ROCKSDB_…'
  std::string message;
  std::string path = {};  // empty: not known
  std::string subcode = "none";
  std::string severity = "none";
  std::string recovery = {};  // empty, or what an opening has found, as JSON
};

// What a failed status of RocksDB means to the caller.
DatabaseError errorFromStatus(const rocksdb::Status& status, const std::string& path);
void throwIfFailed(const rocksdb::Status& status, const std::string& path);

// What a failed call of the operating system means to the caller, unless something is missing.
const char* codeOfErrno(int error);

// A full disk is a state that can be resumed, not a fault of the device.
bool isNoSpace(const rocksdb::Status& status);

// The process or the machine has no file descriptors or no memory left to open a file with. That passes as well.
bool isOutOfResources(const rocksdb::Status& status);

// A caller's mistake: becomes a TypeError (ERR_INVALID_ARG_TYPE) or a RangeError (ERR_OUT_OF_RANGE).
struct ArgumentError {
  enum class Kind { kType, kRange };
  Kind kind;
  std::string message;
};

[[noreturn]] void throwTypeError(std::string_view name, std::string_view expectation);
[[noreturn]] void throwRangeError(std::string_view name, std::string_view expectation);

// The C++ exception in flight as data. Call it inside a catch block only.
DatabaseError describeCurrentException(const std::string& path);

}  // namespace shale

#include "napi/entry.h"

#include <exception>

namespace shale {

void throwIntoJavaScript(napi_env env) noexcept {
  try {
    try {
      throw;
    } catch (const PendingException&) {
      // Nothing to add: an exception is pending, or JavaScript may not run any more.
    } catch (const ArgumentError& error) {
      if (error.kind == ArgumentError::Kind::kType) {
        napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", error.message.c_str());
      } else {
        napi_throw_range_error(env, "ERR_OUT_OF_RANGE", error.message.c_str());
      }
    } catch (const DatabaseError& error) {
      napi_throw(env, makeDatabaseError(env, error));
    } catch (const std::bad_alloc&) {
      napi_throw_error(env, "ERR_MEMORY_ALLOCATION_FAILED", "Out of memory");
    } catch (const std::exception& error) {
      napi_throw(env, makeDatabaseError(env, DatabaseError{"ROCKSDB_UNKNOWN", error.what(), "none", "none", ""}));
    }
  } catch (...) {
    napi_throw_error(env, "ROCKSDB_UNKNOWN", "Unknown failure inside the RocksDB binding");
  }
}

DatabaseError describeCurrentException(const std::string& path) {
  try {
    throw;
  } catch (const DatabaseError& error) {
    return error;
  } catch (const ArgumentError& error) {
    return DatabaseError{"ROCKSDB_INVALID_ARGUMENT", error.message, "none", "none", path};
  } catch (const std::bad_alloc&) {
    return DatabaseError{"ROCKSDB_UNKNOWN", "Out of memory", "memoryLimit", "none", path};
  } catch (const std::exception& error) {
    return DatabaseError{"ROCKSDB_UNKNOWN", error.what(), "none", "none", path};
  } catch (...) {
    return DatabaseError{"ROCKSDB_UNKNOWN", "Unknown failure inside the RocksDB binding", "none", "none", path};
  }
}

}  // namespace shale

#include "napi/javascript_errors.h"

#include <exception>
#include <new>

#include "napi/environment.h"
#include "napi/napi_support.h"

namespace shale {

napi_value makeDatabaseError(napi_env env, const DatabaseError& error) {
  napi_value constructor = Environment::of(env).errorConstructor();
  napi_value arguments[] = {
      makeString(env, error.code),     makeString(env, error.message),
      makeString(env, error.subcode),  makeString(env, error.severity),
      error.path.empty() ? makeUndefined(env) : makeString(env, error.path),
      makeUndefined(env),
      error.recovery.empty() ? makeUndefined(env) : makeString(env, error.recovery),
  };
  napi_value result;
  check(napi_new_instance(env, constructor, 7, arguments, &result));
  return result;
}

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
      napi_throw(env, makeDatabaseError(env, DatabaseError{"ROCKSDB_UNKNOWN", error.what()}));
    }
  } catch (...) {
    napi_throw_error(env, "ROCKSDB_UNKNOWN", "Unknown failure inside the RocksDB binding");
  }
}

}  // namespace shale

// The few helpers that raw Node-API needs: checked calls, makers of values, and the exceptions that carry failures
// up to the boundary (entry.h), where they become JavaScript errors. No C++ exception ever crosses into Node.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shale {

// A Node-API call failed. Either a JavaScript exception is pending already, or the environment is going away and
// no more JavaScript may run: in both cases the only thing to do is to return.
struct PendingException {};

// A caller's mistake: becomes a TypeError (ERR_INVALID_ARG_TYPE) or a RangeError (ERR_OUT_OF_RANGE).
struct ArgumentError {
  enum class Kind { kType, kRange };
  Kind kind;
  std::string message;
};

[[noreturn]] void throwTypeError(std::string_view name, std::string_view expectation);
[[noreturn]] void throwRangeError(std::string_view name, std::string_view expectation);

inline void check(napi_status status) {
  if (status != napi_ok) throw PendingException{};
}

// Lets go of the values made since, however the block is left. For loops over what JavaScript passes.
class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { check(napi_open_handle_scope(env, &scope_)); }
  ~HandleScope() { napi_close_handle_scope(env_, scope_); }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

napi_value makeUndefined(napi_env env);
napi_value makeNull(napi_env env);
napi_value makeBoolean(napi_env env, bool value);
napi_value makeNumber(napi_env env, double value);
napi_value makeBigInt(napi_env env, uint64_t value);
napi_value makeString(napi_env env, std::string_view value);
// A Uint8Array with a copy of the bytes.
napi_value makeBytes(napi_env env, const char* data, size_t size);
napi_value makeObject(napi_env env);
void setProperty(napi_env env, napi_value object, const char* name, napi_value value);

}  // namespace shale

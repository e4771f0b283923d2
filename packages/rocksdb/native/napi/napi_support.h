// The few helpers that raw Node-API needs: checked calls and makers of values.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shale {

// A Node-API call failed. Either a JavaScript exception is pending already, or the environment is going away and
// no more JavaScript may run: in both cases the only thing to do is to return.
struct PendingException {};

inline void check(napi_status status) {
  if (status != napi_ok) throw PendingException{};
}

// Releases the values made since, however the block is left. For loops over what JavaScript passes.
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
void setNumber(napi_env env, napi_value object, const char* name, size_t value);
// An array of what `make(item)` returns for each of the items.
template <class Items, class Make>
napi_value makeArray(napi_env env, const Items& items, Make make) {
  napi_value array;
  check(napi_create_array_with_length(env, items.size(), &array));
  uint32_t i = 0;
  for (const auto& item : items) check(napi_set_element(env, array, i++, make(item)));
  return array;
}
// A Uint8Array; null for nothing.
void setBytes(napi_env env, napi_value object, const char* name, const std::optional<std::string>& value);

}  // namespace shale

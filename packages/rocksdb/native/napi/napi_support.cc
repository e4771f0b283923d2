#include "napi/napi_support.h"

#include <cstring>

namespace shale {

napi_value makeUndefined(napi_env env) {
  napi_value result;
  check(napi_get_undefined(env, &result));
  return result;
}

napi_value makeNull(napi_env env) {
  napi_value result;
  check(napi_get_null(env, &result));
  return result;
}

napi_value makeBoolean(napi_env env, bool value) {
  napi_value result;
  check(napi_get_boolean(env, value, &result));
  return result;
}

napi_value makeNumber(napi_env env, double value) {
  napi_value result;
  check(napi_create_double(env, value, &result));
  return result;
}

napi_value makeBigInt(napi_env env, uint64_t value) {
  napi_value result;
  check(napi_create_bigint_uint64(env, value, &result));
  return result;
}

napi_value makeString(napi_env env, std::string_view value) {
  napi_value result;
  check(napi_create_string_utf8(env, value.data(), value.size(), &result));
  return result;
}

napi_value makeBytes(napi_env env, const char* data, size_t size) {
  void* target = nullptr;
  napi_value buffer;
  check(napi_create_arraybuffer(env, size, &target, &buffer));
  if (size > 0) std::memcpy(target, data, size);
  napi_value result;
  check(napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &result));
  return result;
}

napi_value makeObject(napi_env env) {
  napi_value result;
  check(napi_create_object(env, &result));
  return result;
}

void setProperty(napi_env env, napi_value object, const char* name, napi_value value) {
  check(napi_set_named_property(env, object, name, value));
}

void setNumber(napi_env env, napi_value object, const char* name, size_t value) {
  setProperty(env, object, name, makeNumber(env, static_cast<double>(value)));
}

void setBytes(napi_env env, napi_value object, const char* name, const std::optional<std::string>& value) {
  setProperty(env, object, name, value ? makeBytes(env, value->data(), value->size()) : makeNull(env));
}

}  // namespace shale

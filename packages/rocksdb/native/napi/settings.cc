#include "napi/settings.h"

#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>

#include "core/errors.h"
#include "napi/napi_support.h"

namespace shale {

namespace {

void readSetting(napi_env env, const char* name, napi_value value, bool& out) {
  if (napi_get_value_bool(env, value, &out) != napi_ok) throwTypeError(name, "a boolean");
}

void readSetting(napi_env env, const char* name, napi_value value, std::string& out) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) throwTypeError(name, "a string");
  out.resize(length);
  check(napi_get_value_string_utf8(env, value, out.data(), length + 1, &length));
}

template <class Integer, std::enable_if_t<std::is_integral_v<Integer>, int> = 0>
void readSetting(napi_env env, const char* name, napi_value value, Integer& out) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) throwTypeError(name, "a number");
  constexpr double kLargest = std::min<double>(static_cast<double>(std::numeric_limits<Integer>::max()), 9007199254740991.0);
  constexpr double kSmallest = std::is_signed_v<Integer> ? -1.0 : 0.0;
  if (!(number >= kSmallest && number <= kLargest) || number != static_cast<double>(static_cast<Integer>(number))) {
    throwRangeError(name, "an integer that RocksDB can hold");
  }
  out = static_cast<Integer>(number);
}

}  // namespace

Settings readSettings(napi_env env, napi_value object) {
  napi_valuetype type;
  check(napi_typeof(env, object, &type));
  if (type != napi_object) throwTypeError("options", "an object");
  Settings settings{};
  Settings::visit(settings, settings, [&](const char* name, auto& target, auto&) {
    napi_value value;
    check(napi_get_named_property(env, object, name, &value));
    readSetting(env, name, value, target);
  });
  settings.validate();
  return settings;
}

}  // namespace shale

// The boundary: every function that JavaScript calls is wrapped so that whatever is thrown inside becomes a
// JavaScript error, memory running out included. No C++ exception ever crosses into Node.
//
// A function never answers undefined: it answers null where it has nothing to say. While a thread is being ended there is
// a moment in which Node-API throws nothing any more and JavaScript still runs; it knows a call that failed then by its
// undefined.
#pragma once

#include <node_api.h>

#include "napi/arguments.h"
#include "napi/javascript_errors.h"
#include "napi/napi_support.h"

namespace shale {

template <napi_value (*Function)(const Arguments&)>
napi_value entry(napi_env env, napi_callback_info info) noexcept {
  try {
    return Function(Arguments(env, info));
  } catch (...) {
    throwIntoJavaScript(env);
    return nullptr;
  }
}

template <napi_value (*Function)(const Arguments&)>
void exportFunction(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  check(napi_create_function(env, name, NAPI_AUTO_LENGTH, &entry<Function>, nullptr, &function));
  setProperty(env, exports, name, function);
}

}  // namespace shale

// The boundary: every function that JavaScript calls is wrapped so that whatever is thrown inside becomes a
// JavaScript error, memory running out included.
#pragma once

#include <node_api.h>

#include <new>

#include "core/errors.h"
#include "napi/arguments.h"
#include "napi/napi_support.h"

namespace shale {

// Leaves a JavaScript exception pending for the C++ exception in flight. Call it inside a catch block only.
void throwIntoJavaScript(napi_env env) noexcept;

// The C++ exception in flight as data, for a promise that is to be rejected.
DatabaseError describeCurrentException(const std::string& path);

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

// Each domain adds its functions to the exports.
void exportLifecycle(napi_env env, napi_value exports);
void exportWrite(napi_env env, napi_value exports);
void exportTrim(napi_env env, napi_value exports);
void exportScan(napi_env env, napi_value exports);
void exportHeads(napi_env env, napi_value exports);
void exportTableEnds(napi_env env, napi_value exports);
void exportRecords(napi_env env, napi_value exports);
void exportSnapshot(napi_env env, napi_value exports);
void exportInspect(napi_env env, napi_value exports);
void exportAdmin(napi_env env, napi_value exports);
void exportTableFiles(napi_env env, napi_value exports);
void exportSalvage(napi_env env, napi_value exports);
void exportBackup(napi_env env, napi_value exports);
void exportLoans(napi_env env, napi_value exports);

}  // namespace shale

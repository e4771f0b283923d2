// Failures as JavaScript errors.
#pragma once

#include <node_api.h>

#include "core/errors.h"

namespace shale {

// Creates the RocksDBError; may throw PendingException.
napi_value makeDatabaseError(napi_env env, const DatabaseError& error);

// Leaves a JavaScript exception pending for the C++ exception in flight. Call it inside a catch block only.
void throwIntoJavaScript(napi_env env) noexcept;

}  // namespace shale
